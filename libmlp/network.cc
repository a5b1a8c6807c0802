#include "libmlp/network.h"

#include <algorithm>
#include <numeric>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>

namespace mlp {
namespace {

// From column `first` on.
template <class T>
PaddedMatrix<T> Rows(Matrix<T>& matrix, std::size_t first = 0) {
  return {matrix.data() + first, matrix.shape(1)};
}
template <class T>
PaddedMatrix<const T> ConstRows(const Matrix<T>& matrix, std::size_t first = 0) {
  return {matrix.data() + first, matrix.shape(1)};
}
template <class T>
StridedMatrix<T> Elements(const Matrix<T>& matrix) {
  return {matrix.data(), matrix.shape(1), 1};
}
template <class T>
StridedMatrix<T> TransposedElements(const Matrix<T>& matrix) {
  return {matrix.data(), 1, matrix.shape(1)};
}

// A stride for so many columns, padded. Rows a power of two apart would share few lines of the
// first-level cache.
template <class T>
std::size_t Stride(std::size_t columns) {
  const std::size_t padded = Padded<T>(columns);
  const std::size_t lines = padded / kAlignedValues<T>;
  return lines % 8 == 0 ? padded + kAlignedValues<T> : padded;
}

}  // namespace

std::size_t DefaultBlockRows(const ModelSpec& spec) {
  constexpr std::size_t kCachedValues = 1 << 18;
  const std::size_t width =
      std::accumulate(spec.layer_sizes.begin(), spec.layer_sizes.end(), std::size_t{0});
  return std::clamp<std::size_t>(kCachedValues / width, 4, 64);
}

template <class T>
Network<T>::Layer::Layer(std::size_t inputs, std::size_t outputs, std::size_t block_rows,
                         const T* parameters)
    : inputs(inputs),
      outputs(outputs),
      weights(xt::zeros<T>({1 + inputs, Stride<T>(outputs)})),
      transposed(xt::zeros<T>({outputs, Stride<T>(inputs)})),
      gradient(xt::zeros<T>({1 + inputs, Stride<T>(outputs)})),
      input(xt::ones<T>({block_rows, 1 + Stride<T>(inputs)})),
      output(xt::zeros<T>({block_rows, Stride<T>(outputs)})) {
  for (std::size_t i = 0; i <= inputs; ++i) {
    std::copy_n(parameters + i * outputs, outputs, &weights(i, 0));
  }
  Transpose();
}

template <class T>
void Network<T>::Layer::Transpose() {
  for (std::size_t i = 0; i < inputs; ++i) {
    for (std::size_t j = 0; j < outputs; ++j) transposed(j, i) = weights(1 + i, j);
  }
}

template <class T>
Network<T>::Network(const ModelSpec& spec, const Vector<T>& parameters, std::size_t block_rows,
                    InstructionSet set)
    : kernels_(KernelsFor<T>(set)),
      block_rows_(block_rows),
      activation_(spec.activation),
      picked_(xt::zeros<T>({Padded<T>(block_rows)})) {
  layers_.reserve(spec.layers());
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    layers_.emplace_back(spec.layer_sizes[l], spec.layer_sizes[l + 1], block_rows,
                         parameters.data() + LayerOffset(spec, l));
  }
}

template <class T>
void Network<T>::Forward(const Matrix<double>& features, std::size_t first, std::size_t rows) {
  rows_ = rows;
  for (std::size_t i = 0; i < rows; ++i) {
    std::transform(&features(first + i, 0), &features(first + i, 0) + layers_[0].inputs,
                   &layers_[0].input(i, 1), [](double x) { return static_cast<T>(x); });
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    if (l > 0) Activate(layers_[l - 1], layer);
    kernels_.multiply(rows, layer.outputs, 1 + layer.inputs, Elements(layer.input),
                      ConstRows(layer.weights), Rows(layer.output));
  }
  kernels_.softmax(rows, layers_.back().outputs, Rows(layers_.back().output));
}

// Z_{l+1} = f(A_l)
template <class T>
void Network<T>::Activate(const Layer& from, Layer& to) {
  kernels_.activate(activation_, rows_, from.outputs, ConstRows(from.output), Rows(to.input, 1));
}

template <class T>
const T* Network<T>::Probabilities(std::size_t row) const {
  return &layers_.back().output(row, 0);
}

template <class T>
void Network<T>::SubtractLogLikelihood(const std::int32_t* labels, double& loss) {
  for (std::size_t i = 0; i < rows_; ++i) picked_(i) = Probabilities(i)[labels[i]] + T(1e-6);
  kernels_.logarithms(picked_.data(), rows_);
  for (std::size_t i = 0; i < rows_; ++i) loss -= static_cast<double>(picked_(i));
}

template <class T>
std::size_t Network<T>::WrongRows(const std::int32_t* labels) const {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rows_; ++i) {
    const T* y = Probabilities(i);
    wrong += std::max_element(y, y + layers_.back().outputs) - y != labels[i];
  }
  return wrong;
}

template <class T>
void Network<T>::Backward(const std::int32_t* labels) {
  // The gradient of the loss by A_last is Y - onehot(labels).
  for (std::size_t i = 0; i < rows_; ++i) layers_.back().output(i, labels[i]) -= 1;
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    kernels_.multiply_add(1 + layer.inputs, layer.outputs, rows_, TransposedElements(layer.input),
                          ConstRows(layer.output), Rows(layer.gradient));
    if (l > 0) PropagateBack(layer, layers_[l - 1]);
  }
}

// D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1})
template <class T>
void Network<T>::PropagateBack(const Layer& from, Layer& to) {
  kernels_.multiply(rows_, from.inputs, from.outputs, Elements(from.output),
                    ConstRows(from.transposed), Rows(to.output));
  kernels_.multiply_by_slope(activation_, rows_, from.inputs, ConstRows(from.input, 1),
                             Rows(to.output));
}

template <class T>
void Network<T>::Step(T learning_rate) {
  for (Layer& layer : layers_) {
    xt::noalias(layer.weights) = xt::fma(-learning_rate, layer.gradient, layer.weights);
    layer.gradient.fill(0);
    layer.Transpose();
  }
}

template <class T>
Vector<T> Network<T>::parameters() const {
  std::size_t size = 0;
  for (const Layer& layer : layers_) size += (1 + layer.inputs) * layer.outputs;
  Vector<T> result = Vector<T>::from_shape({size});
  T* next = result.data();
  for (const Layer& layer : layers_) {
    for (std::size_t i = 0; i <= layer.inputs; ++i) {
      next = std::copy_n(&layer.weights(i, 0), layer.outputs, next);
    }
  }
  return result;
}

template class Network<float>;
template class Network<double>;

}  // namespace mlp
