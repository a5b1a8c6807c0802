#include "libmlp/model/model_spec.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

constexpr std::array<std::pair<Activation, std::string_view>, 5> kActivations = {{
    {Activation::kRelu, "relu"},
    {Activation::kTanh, "tanh"},
    {Activation::kLogistic, "logistic"},
    {Activation::kIdentity, "identity"},
    {Activation::kUnrectifiedRelu, "unrectified-relu"},
}};

}  // namespace

std::string_view ActivationName(Activation activation) {
  return kActivations[static_cast<std::size_t>(activation)].second;
}

absl::StatusOr<Activation> ParseActivation(std::string_view name) {
  for (const auto& [activation, known] : kActivations) {
    if (name == known) return activation;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown activation '", AbslView(name),
                   "': expected relu, tanh, logistic, identity or unrectified-relu"));
}

absl::Status CheckModelSpec(const ModelSpec& spec) {
  const std::size_t sizes = spec.layer_sizes.size();
  if (sizes < 2 || sizes > kMaxLayers + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("layer_sizes has ", sizes, " entries: expected features, hidden layers and ",
                     "classes, 2 to ", kMaxLayers + 1, " entries"));
  }
  for (std::size_t i = 0; i < sizes; ++i) {
    if (spec.layer_sizes[i] < 1 || spec.layer_sizes[i] > kMaxLayerSize) {
      return absl::InvalidArgumentError(absl::StrCat(
          "layer_sizes[", i, "] is ", spec.layer_sizes[i], ": must be 1 to ", kMaxLayerSize));
    }
  }
  if (spec.regression() && spec.layer_sizes.back() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("layer_sizes ends in ", spec.layer_sizes.back(),
                                                   ": regression predicts 1 number"));
  }
  if (ParameterCount(spec) > kMaxParameters) {
    return absl::InvalidArgumentError(absl::StrCat("layer_sizes make ", ParameterCount(spec),
                                                   " parameters: at most ", kMaxParameters,
                                                   " are possible, use smaller layers"));
  }
  return absl::OkStatus();
}

std::size_t ParameterCount(const ModelSpec& spec) { return LayerOffset(spec, spec.layers()); }

std::size_t LayerOffset(const ModelSpec& spec, std::size_t layer) {
  std::size_t offset = 0;
  for (std::size_t l = 0; l < layer; ++l) {
    offset += (spec.layer_sizes[l] + 1) * spec.layer_sizes[l + 1];
  }
  return offset;
}

}  // namespace mlp
