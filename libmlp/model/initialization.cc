#include "libmlp/model/initialization.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>

#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"
#include "libmlp/model/parameters.h"

namespace mlp {
namespace {

// Uniform in [0, 1) with 53 random bits, as NumPy's legacy generator draws it.
double Uniform(std::mt19937& generator) {
  const auto high = static_cast<double>(generator() >> 5);  // 27 bits
  const auto low = static_cast<double>(generator() >> 6);   // 26 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;    // 2^26, 2^53
}

Vector<double> ReferenceParameters(const ModelSpec& spec, std::mt19937& generator) {
  Vector<double> result(ParameterCount(spec));
  for (std::size_t layer = spec.layers(); layer-- > 0;) {
    std::generate(result.data() + LayerOffset(spec, layer),
                  result.data() + LayerOffset(spec, layer + 1),
                  [&] { return 0.02 * Uniform(generator) - 0.01; });
  }
  return result;
}

Vector<double> GlorotParameters(const ModelSpec& spec, std::mt19937& generator) {
  Vector<double> result(ParameterCount(spec), 0);
  for (std::size_t layer = 0; layer < spec.layers(); ++layer) {
    const std::size_t inputs = spec.layer_sizes[layer], outputs = spec.layer_sizes[layer + 1];
    const double limit = std::sqrt(6.0 / static_cast<double>(inputs + outputs));
    std::generate(result.data() + LayerOffset(spec, layer) + outputs,  // after the biases
                  result.data() + LayerOffset(spec, layer + 1),
                  [&] { return limit * (2 * Uniform(generator) - 1); });
  }
  return result;
}

}  // namespace

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
  return Vector<float>(drawn.begin(), drawn.end());
}

}  // namespace mlp
