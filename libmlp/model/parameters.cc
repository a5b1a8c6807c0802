#include "libmlp/model/parameters.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

// One fault for each 2 MiB of a large model instead of 512, where the system has such pages to
// give.
void UseHugePages(void* data, std::size_t size) {
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + size) / kPage * kPage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

static_assert(std::endian::native == std::endian::little, "buffers travel as they lie in memory");

// Uniform in [0, 1) with 53 random bits, as NumPy's legacy generator draws it.
double Uniform(std::mt19937& generator) {
  const auto high = static_cast<double>(generator() >> 5);  // 27 bits
  const auto low = static_cast<double>(generator() >> 6);   // 26 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;    // 2^26, 2^53
}

Vector<double> ReferenceParameters(const ModelSpec& spec, std::mt19937& generator) {
  Vector<double> result = Vector<double>::from_shape({ParameterCount(spec)});
  for (std::size_t layer = spec.layers(); layer-- > 0;) {
    std::generate(result.begin() + LayerOffset(spec, layer),
                  result.begin() + LayerOffset(spec, layer + 1),
                  [&] { return 0.02 * Uniform(generator) - 0.01; });
  }
  return result;
}

Vector<double> GlorotParameters(const ModelSpec& spec, std::mt19937& generator) {
  Vector<double> result = xt::zeros<double>({ParameterCount(spec)});
  for (std::size_t layer = 0; layer < spec.layers(); ++layer) {
    const std::size_t inputs = spec.layer_sizes[layer], outputs = spec.layer_sizes[layer + 1];
    const double limit = std::sqrt(6.0 / static_cast<double>(inputs + outputs));
    std::generate(result.begin() + LayerOffset(spec, layer) + outputs,  // after the biases
                  result.begin() + LayerOffset(spec, layer + 1),
                  [&] { return limit * (2 * Uniform(generator) - 1); });
  }
  return result;
}

template <class T>
Parameters FromBytes(std::string_view bytes) {
  Vector<T> result = Vector<T>::from_shape({bytes.size() / sizeof(T)});
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

}  // namespace

std::string_view PrecisionName(Precision precision) {
  return precision == Precision::kFloat32 ? "float32" : "float64";
}

absl::StatusOr<Precision> ParsePrecision(std::string_view name) {
  for (Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    if (name == PrecisionName(precision)) return precision;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown precision '", AbslView(name), "': expected float32 or float64"));
}

Precision PrecisionOf(const Parameters& parameters) {
  return std::holds_alternative<Vector<float>>(parameters) ? Precision::kFloat32
                                                           : Precision::kFloat64;
}

std::size_t SizeOf(const Parameters& parameters) {
  return std::visit([](const auto& values) { return values.size(); }, parameters);
}

bool AllFinite(const Parameters& parameters) {
  return std::visit(
      [](const auto& values) {
        return std::all_of(values.begin(), values.end(), [](auto x) { return std::isfinite(x); });
      },
      parameters);
}

std::span<const std::byte> BytesOf(const Parameters& parameters) {
  return std::visit(
      [](const auto& values) { return std::as_bytes(std::span(values.data(), values.size())); },
      parameters);
}

absl::StatusOr<Parameters> ParametersFromBytes(Precision precision, std::string_view bytes) {
  const std::size_t element = precision == Precision::kFloat32 ? sizeof(float) : sizeof(double);
  if (bytes.size() % element != 0) {
    return absl::InvalidArgumentError(absl::StrCat(bytes.size(), " bytes are no whole number of ",
                                                   AbslView(PrecisionName(precision)),
                                                   " elements of ", element, " bytes"));
  }
  return precision == Precision::kFloat32 ? FromBytes<float>(bytes) : FromBytes<double>(bytes);
}

Parameters ZeroParameters(Precision precision, std::size_t size) {
  Parameters result = UninitializedParameters(precision, size);
  std::visit([](auto& values) { values.fill(0); }, result);
  return result;
}

Parameters UninitializedParameters(Precision precision, std::size_t size) {
  Parameters result;
  if (precision == Precision::kFloat32) {
    result = Vector<float>::from_shape({size});
  } else {
    result = Vector<double>::from_shape({size});
  }
  std::visit([](auto& values) { UseHugePages(values.data(), values.size() * sizeof(values(0))); },
             result);
  return result;
}

// Element by element, in place: xtensor's += makes a copy first.
void Add(Parameters& sum, const Parameters& addend) {
  std::visit(
      [&]<class T>(Vector<T>& values) {
        std::ranges::transform(values, std::get<Vector<T>>(addend), values.begin(), std::plus());
      },
      sum);
}

void AddAverage(Parameters& parameters, const Parameters& gradient_sum, std::size_t count) {
  std::visit(
      [&]<class T>(Vector<T>& values) {
        const T divisor = static_cast<T>(count);
        std::ranges::transform(values, std::get<Vector<T>>(gradient_sum), values.begin(),
                               [divisor](T value, T sum) { return value + sum / divisor; });
      },
      parameters);
}

Parameters Part(const Parameters& parameters, std::size_t first, std::size_t count) {
  return std::visit(
      [&]<class T>(const Vector<T>& values) -> Parameters {
        Vector<T> part = Vector<T>::from_shape({count});
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first), count, part.begin());
        return part;
      },
      parameters);
}

Parameters Joined(const Parameters& first, const Parameters& second) {
  return std::visit(
      [&]<class T>(const Vector<T>& values) -> Parameters {
        const auto& more = std::get<Vector<T>>(second);
        Vector<T> joined = Vector<T>::from_shape({values.size() + more.size()});
        std::copy(more.begin(), more.end(),
                  std::copy(values.begin(), values.end(), joined.begin()));
        return joined;
      },
      first);
}

Parameters Converted(const Parameters& parameters, Precision precision) {
  return std::visit(
      [&](const auto& values) -> Parameters {
        if (precision == Precision::kFloat32) return Vector<float>(xt::cast<float>(values));
        return Vector<double>(xt::cast<double>(values));
      },
      parameters);
}

std::string_view InitializationName(Initialization initialization) {
  return initialization == Initialization::kReference ? "reference" : "glorot-uniform";
}

absl::StatusOr<Initialization> ParseInitialization(std::string_view name) {
  for (auto initialization : {Initialization::kGlorotUniform, Initialization::kReference}) {
    if (name == InitializationName(initialization)) return initialization;
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown initialization '", AbslView(name),
                                                 "': expected glorot-uniform or reference"));
}

Parameters InitialParameters(const ModelSpec& spec, Precision precision,
                             Initialization initialization, std::uint32_t seed) {
  std::mt19937 generator(seed);
  Vector<double> drawn = initialization == Initialization::kReference
                             ? ReferenceParameters(spec, generator)
                             : GlorotParameters(spec, generator);
  if (precision == Precision::kFloat64) return drawn;
  return Vector<float>(xt::cast<float>(drawn));
}

}  // namespace mlp
