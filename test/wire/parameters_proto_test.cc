#include "services/wire/parameters_proto.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"

namespace mlp {
namespace {

const ModelSpec& SmallSpec() {  // 3 * 4 + 5 * 2 = 22 parameters
  static const auto* const spec = new ModelSpec{{2, 4, 2}, Activation::kRelu};
  return *spec;
}

Parameters SmallParameters(Precision precision) {
  return InitialParameters(SmallSpec(), precision, Initialization::kReference, 1);
}

absl::Status Refusal(const v1::ParameterBuffer& buffer) {
  const absl::Status status = wire::FromProto(buffer, SmallSpec(), "parameters").status();
  REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
  return status;
}

TEST_CASE("parameters come back with the same bits in both precisions") {
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    const Parameters sent = SmallParameters(precision);
    CHECK(wire::FromProto(wire::ToProto(sent), SmallSpec(), "parameters").value() == sent);
  }
}

TEST_CASE("parameters travel as little-endian IEEE 754 with the digest of the bytes") {
  const v1::ParameterBuffer buffer = wire::ToProto(Parameters(Vector<double>{1.0, -2.0}));
  const std::string expected("\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0", 16);
  CHECK(buffer.precision() == v1::PRECISION_FLOAT64);
  CHECK(buffer.data() == expected);
  CHECK(buffer.sha256() == Sha256(expected));
}

TEST_CASE("a buffer that is not what it says is refused with the field at fault") {
  v1::ParameterBuffer buffer = wire::ToProto(SmallParameters(Precision::kFloat64));
  SECTION("no precision") {
    buffer.clear_precision();
    CHECK(FieldOf(Refusal(buffer)) == "parameters.precision");
  }
  SECTION("too short") {
    buffer.mutable_data()->resize(21 * 8);
    const absl::Status status = Refusal(buffer);
    CHECK(FieldOf(status) == "parameters.data");
    CHECK_THAT(std::string(status.message()), Catch::Contains("168") && Catch::Contains("176"));
  }
  SECTION("of the other precision") {
    buffer.set_precision(v1::PRECISION_FLOAT32);
    CHECK(FieldOf(Refusal(buffer)) == "parameters.data");
  }
  SECTION("no digest") {
    buffer.clear_sha256();
    CHECK(FieldOf(Refusal(buffer)) == "parameters.sha256");
  }
  SECTION("one bit flipped") {
    (*buffer.mutable_data())[5] ^= 1;
    const absl::Status status = Refusal(buffer);
    CHECK(FieldOf(status) == "parameters.sha256");
    CHECK_THAT(std::string(status.message()),
               Catch::Contains(Hex(buffer.sha256()).substr(0, 12)) &&
                   Catch::Contains(Hex(Sha256(buffer.data())).substr(0, 12)));
  }
}

TEST_CASE("parameters that are no numbers are refused") {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Parameters parameters = SmallParameters(Precision::kFloat64);
    std::get<Vector<double>>(parameters)[7] = bad;
    CHECK(FieldOf(Refusal(wire::ToProto(parameters))) == "parameters.data");
  }
}

}  // namespace
}  // namespace mlp
