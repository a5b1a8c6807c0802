// The shape of a multi-layer perceptron and the layout of its parameters.
//
// All parameters of a model are one flat buffer. For each layer from input to output it holds a
// row-major matrix (inputs + 1, outputs) whose row 0 is the bias.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp {

// The function after every hidden layer.
enum class Activation : std::uint8_t {
  // max(0, a); the gradient passes if a > 0.
  kRelu,
  kTanh,
  // 1 / (1 + exp(-a)).
  kLogistic,
  kIdentity,
  // a unchanged; the gradient passes if a >= 0. The reference system computes this under the name
  // of ReLU. It exists for parity with that system; the gradient is no function's derivative.
  kUnrectifiedRelu,
};

// "relu", "tanh", "logistic", "identity", "unrectified-relu".
std::string_view ActivationName(Activation activation);
absl::StatusOr<Activation> ParseActivation(std::string_view name);

// The function of the last layer.
enum class Output : std::uint8_t {
  kSoftmax,   // probabilities of classes; trained on cross-entropy
  kIdentity,  // one number, which is predicted; trained on squared error
};

struct ModelSpec {
  std::vector<std::size_t> layer_sizes;  // features, hidden layers, classes or 1
  Activation activation = Activation::kRelu;
  Output output = Output::kSoftmax;

  std::size_t features() const { return layer_sizes.front(); }
  std::size_t classes() const { return layer_sizes.back(); }  // 1 if a number is predicted
  bool regression() const { return output == Output::kIdentity; }
  std::size_t layers() const { return layer_sizes.size() - 1; }
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

inline constexpr std::size_t kMaxLayers = 31;
inline constexpr std::size_t kMaxLayerSize = 1'000'000;
// 800 MB in float64, which a row of the store can hold.
inline constexpr std::size_t kMaxParameters = 100'000'000;

// InvalidArgument with the limit if a size is 0 or beyond the limits above, or more than one number
// is predicted.
absl::Status CheckModelSpec(const ModelSpec& spec);

// Sum over the layers of (inputs + 1) * outputs. `spec` must have passed CheckModelSpec.
std::size_t ParameterCount(const ModelSpec& spec);

// The position in the flat buffer at which the matrix (inputs + 1, outputs) of `layer` begins.
std::size_t LayerOffset(const ModelSpec& spec, std::size_t layer);

}  // namespace mlp
