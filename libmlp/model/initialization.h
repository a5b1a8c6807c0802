// The parameters of a model before any training.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/precision.h"

namespace mlp {

class Parameters;

enum class Initialization : std::uint8_t {
  // Weights uniform in +-sqrt(6 / (inputs + outputs)), biases 0 (Glorot, Bengio 2010).
  kGlorotUniform,
  // Weights and biases uniform in +-0.01, drawn in the reference system's order.
  kReference,
};

// "glorot-uniform", "reference".
std::string_view InitializationName(Initialization initialization);
absl::StatusOr<Initialization> ParseInitialization(std::string_view name);

// Initial parameters. Both kinds are drawn in float64 from std::mt19937(seed), 53 bits a draw as by
// NumPy's legacy generator, and then rounded to `precision`. kReference draws the layers from
// output to input, kGlorotUniform from input to output. `spec` must have passed CheckModelSpec.
Parameters InitialParameters(const ModelSpec& spec, Precision precision,
                             Initialization initialization, std::uint32_t seed);

}  // namespace mlp
