#include "libmlp/model/parameters.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "libmlp/model/initialization.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

TEST_CASE("The reference's initial parameters are NumPy's draws, output layer first") {
  const ModelSpec spec = ReferenceSpec();
  const auto drawn = std::get<Vector<double>>(
      InitialParameters(spec, Precision::kFloat64, Initialization::kReference, 1));
  REQUIRE(drawn.size() == ParameterCount(spec));
  // numpy.random.seed(1); numpy.random.rand(2) gives these.
  CHECK(drawn[LayerOffset(spec, 1)] == 0.02 * 0.417022004702574 - 0.01);
  CHECK(drawn[LayerOffset(spec, 1) + 1] == 0.02 * 0.7203244934421581 - 0.01);
  CHECK(std::all_of(drawn.begin(), drawn.end(), [](double x) { return std::abs(x) <= 0.01; }));
}

TEST_CASE("Glorot's initial parameters have zero biases and weights within the limit") {
  const ModelSpec spec{{10, 40, 5}, Activation::kRelu};
  const auto drawn = std::get<Vector<double>>(
      InitialParameters(spec, Precision::kFloat64, Initialization::kGlorotUniform, 9));
  const double limit = std::sqrt(6.0 / 50);
  CHECK(std::all_of(drawn.begin(), drawn.begin() + 40, [](double x) { return x == 0; }));
  double largest = 0, sum = 0;
  for (std::size_t i = 40; i < LayerOffset(spec, 1); ++i) {
    largest = std::max(largest, std::abs(drawn[i]));
    sum += drawn[i];
  }
  CHECK(largest <= limit);
  CHECK(largest > 0.9 * limit);
  CHECK(std::abs(sum / 400) < 0.1 * limit);
  CHECK(std::all_of(drawn.begin() + 440, drawn.begin() + 445, [](double x) { return x == 0; }));
}

TEST_CASE("Initial parameters depend on the seed, and float32 ones are the float64 ones rounded") {
  const auto kind = GENERATE(Initialization::kReference, Initialization::kGlorotUniform);
  const auto draw = [&](Precision precision, std::uint32_t seed) {
    return InitialParameters(ReferenceSpec(), precision, kind, seed);
  };
  const auto in_float64 = std::get<Vector<double>>(draw(Precision::kFloat64, 1));
  const auto in_float32 = std::get<Vector<float>>(draw(Precision::kFloat32, 1));
  CHECK(Bits(in_float64) == Bits(draw(Precision::kFloat64, 1)));
  CHECK(Bits(in_float64) != Bits(draw(Precision::kFloat64, 2)));
  CHECK(Bits(in_float32) == Bits(Converted(in_float64, Precision::kFloat32)));
}

TEST_CASE("Parameters survive the way through bytes, bit by bit") {
  const Parameters doubles = Vector<double>{1.5, -0.0, 5e-324, 1e300};
  const Parameters floats = Vector<float>{1.5f, -0.0f, 1e-45f};
  for (const Parameters& parameters : {doubles, floats}) {
    const auto bytes = BytesOf(parameters);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto copy = ParametersFromBytes(PrecisionOf(parameters), text);
    REQUIRE(copy.ok());
    CHECK(PrecisionOf(*copy) == PrecisionOf(parameters));
    CHECK(Bits(*copy) == Bits(parameters));
  }
  CHECK(std::to_integer<int>(BytesOf(Parameters(Vector<double>{1}))[7]) == 0x3f);  // little-endian
  CHECK(SizeOf(ParametersFromBytes(Precision::kFloat64, "").value()) == 0);
}

TEST_CASE("Bytes that are no whole number of elements are refused") {
  CHECK(std::string(ParametersFromBytes(Precision::kFloat64, "123456789").status().message()) ==
        "9 bytes are no whole number of float64 elements of 8 bytes");
  CHECK(std::string(ParametersFromBytes(Precision::kFloat32, "123456").status().message()) ==
        "6 bytes are no whole number of float32 elements of 4 bytes");
}

TEST_CASE("Not finite is found wherever it is") {
  CHECK(AllFinite(Vector<double>{1, 2, std::numeric_limits<double>::max()}));
  CHECK_FALSE(AllFinite(Vector<double>{1, 2, std::nan("")}));
  CHECK_FALSE(AllFinite(Vector<float>{-std::numeric_limits<float>::infinity(), 2, 3}));
}

TEST_CASE("The largest number is found without its sign") {
  CHECK(LargestMagnitude(Vector<double>{1, -1e300, 2}) == 1e300);
  CHECK(LargestMagnitude(Vector<float>{0.25F, -0.F, 0.125F}) == 0.25);
  CHECK(LargestMagnitude(Vector<double>{-5e-324}) == 5e-324);
  CHECK(LargestMagnitude(ZeroParameters(Precision::kFloat32, 0)) == 0);
}

TEST_CASE("Gradients are added and their average is added to the parameters") {
  Parameters sum = ZeroParameters(Precision::kFloat64, 3);
  Add(sum, Vector<double>{1, 2, 3});
  Add(sum, Vector<double>{0.5, 0, -6});
  Parameters parameters = Vector<double>{10, 20, 30};
  AddAverage(parameters, sum, 3);
  CHECK((std::get<Vector<double>>(parameters) == Vector<double>{10.5, 20 + 2.0 / 3, 29}));

  Parameters small = Vector<float>{1};
  AddAverage(small, Vector<float>{1}, 3);
  CHECK(std::get<Vector<float>>(small)[0] == 1.0f + 1.0f / 3.0f);
}

TEST_CASE("Parameters begin at a line of the cache, however they came about") {
  const auto begins_at_line = [](const Parameters& parameters) {
    return reinterpret_cast<std::uintptr_t>(BytesOf(parameters).data()) % 64 == 0;
  };
  for (const std::size_t size : {1, 7, 1000}) {
    const Parameters zeros = ZeroParameters(Precision::kFloat32, size);
    CHECK(begins_at_line(zeros));
    CHECK(begins_at_line(Parameters(zeros)));
    CHECK(begins_at_line(UninitializedParameters(Precision::kFloat64, size)));
    CHECK(begins_at_line(Converted(zeros, Precision::kFloat64)));
    CHECK(begins_at_line(Part(zeros, size / 2, 1)));
    CHECK(begins_at_line(Joined(zeros, zeros)));
  }
}

TEST_CASE("Parameters that are moved stay where they are in memory, copies are others") {
  Parameters parameters = Vector<double>{1, 2, 3};
  const std::byte* const place = BytesOf(parameters).data();
  const Parameters copy = parameters;
  CHECK(copy == parameters);
  CHECK(BytesOf(copy).data() != place);
  const Parameters moved = std::move(parameters);
  CHECK(BytesOf(moved).data() == place);
  CHECK(copy == moved);
}

TEST_CASE("Precisions and initializations have names, and other names are refused") {
  for (auto precision : {Precision::kFloat32, Precision::kFloat64}) {
    CHECK(ParsePrecision(PrecisionName(precision)).value() == precision);
  }
  for (auto kind : {Initialization::kReference, Initialization::kGlorotUniform}) {
    CHECK(ParseInitialization(InitializationName(kind)).value() == kind);
  }
  CHECK(std::string(ParsePrecision("double").status().message()) ==
        "unknown precision 'double': expected float32 or float64");
  CHECK(std::string(ParseInitialization("he").status().message()) ==
        "unknown initialization 'he': expected glorot-uniform or reference");
}

}  // namespace
}  // namespace mlp::testing
