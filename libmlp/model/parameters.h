// Parameters and gradients: one flat buffer, in float32 or float64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <xtensor/xtensor.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"

namespace mlp {

enum class Precision : std::uint8_t { kFloat32, kFloat64 };

// "float32", "float64".
std::string_view PrecisionName(Precision precision);
absl::StatusOr<Precision> ParsePrecision(std::string_view name);

template <class T>
using Vector = xt::xtensor<T, 1>;
template <class T>
using Matrix = xt::xtensor<T, 2>;  // row-major

// (parameters) by the layout of model_spec.h.
using Parameters = std::variant<Vector<float>, Vector<double>>;

Precision PrecisionOf(const Parameters& parameters);
std::size_t SizeOf(const Parameters& parameters);  // elements
bool AllFinite(const Parameters& parameters);

// The elements as they lie in memory: little-endian IEEE 754. Valid as long as `parameters`.
std::span<const std::byte> BytesOf(const Parameters& parameters);
// The reverse; InvalidArgument where the size is no multiple of the element size. Copies.
absl::StatusOr<Parameters> ParametersFromBytes(Precision precision, std::string_view bytes);

Parameters ZeroParameters(Precision precision, std::size_t size);
// For whoever writes all of them.
Parameters UninitializedParameters(Precision precision, std::size_t size);
// sum += addend, element by element. Same size and precision.
void Add(Parameters& sum, const Parameters& addend);
// parameters += gradient_sum / count, element by element: the averaging step of a round.
void AddAverage(Parameters& parameters, const Parameters& gradient_sum, std::size_t count);

// `count` elements from `first` on.
Parameters Part(const Parameters& parameters, std::size_t first, std::size_t count);
// The elements of `first`, then those of `second`; same precision.
Parameters Joined(const Parameters& first, const Parameters& second);
// Rounded where `precision` is the smaller one.
Parameters Converted(const Parameters& parameters, Precision precision);

enum class Initialization : std::uint8_t {
  // Weights uniform in +-sqrt(6 / (inputs + outputs)), biases 0 (Glorot, Bengio 2010).
  kGlorotUniform,
  // Weights and biases uniform in +-0.01, drawn in the reference system's order.
  kReference,
};

// "glorot-uniform", "reference".
std::string_view InitializationName(Initialization initialization);
absl::StatusOr<Initialization> ParseInitialization(std::string_view name);

// Initial parameters. Both are drawn in float64 from std::mt19937(seed), 53 bits a draw as NumPy's
// legacy generator does, and then rounded to `precision`. kReference draws the layers from output
// to input, kGlorotUniform from input to output. `spec` must have passed CheckModelSpec.
Parameters InitialParameters(const ModelSpec& spec, Precision precision,
                             Initialization initialization, std::uint32_t seed);

}  // namespace mlp
