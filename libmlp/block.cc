#include "libmlp/block.h"

#include <algorithm>
#include <numeric>
#include <xtensor/xbuilder.hpp>

namespace mlp {
namespace {

// From row `first` on.
template <class T>
PaddedMatrix<T> Rows(AlignedMatrix<T>& matrix, std::size_t first = 0) {
  return {matrix.data() + first * matrix.shape(1), matrix.shape(1)};
}
template <class T>
PaddedMatrix<const T> ConstRows(const AlignedMatrix<T>& matrix, std::size_t first = 0) {
  return {matrix.data() + first * matrix.shape(1), matrix.shape(1)};
}

}  // namespace

std::size_t DefaultBlockRows(const ModelSpec& spec) {
  constexpr std::size_t kNarrow = 256;  // all of a block stays in the nearest caches
  constexpr std::size_t kValues = std::size_t{1} << 21;
  const std::size_t width =
      std::accumulate(spec.layer_sizes.begin(), spec.layer_sizes.end(), std::size_t{0});
  return width <= kNarrow ? 64 : std::clamp<std::size_t>(kValues / width, 16, 256);
}

template <class T>
std::size_t BlockInputSize(std::size_t features, std::size_t most_rows) {
  return (1 + features) * Stride<T>(most_rows);
}

template <class T>
BlockInput<T> LoadBlockInput(const Matrix<double>& features, std::size_t first, std::size_t rows,
                             std::size_t most_rows, T* memory) {
  const std::size_t width = features.shape(1), stride = Stride<T>(most_rows);
  std::fill_n(memory, Padded<T>(rows), T(1));
  // A line of the rows that are written at a time.
  constexpr std::size_t kLine = kAlignedValues<T>;
  for (std::size_t i = 0; i < rows; i += kLine) {
    const std::size_t count = std::min(kLine, rows - i);
    for (std::size_t j = 0; j < width; ++j) {
      T* const line = memory + (1 + j) * stride + i;
      const double* from = &features(first + i, j);
      for (std::size_t k = 0; k < count; ++k) line[k] = static_cast<T>(from[k * width]);
      std::fill(line + count, line + kLine, T(0));
    }
  }
  return {{memory, stride}, rows};
}

template <class T>
Block<T>::Block(const ModelSpec& spec, std::size_t most_rows, Purpose purpose, InstructionSet set)
    : spec_(spec),
      kernels_(KernelsFor<T>(set)),
      log_likelihood_(xt::zeros<T>({Padded<T>(most_rows)})),
      greatest_(xt::zeros<T>({Padded<T>(most_rows)})) {
  const std::size_t stride = Stride<T>(most_rows);
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const bool last = l + 1 == spec.layers();
    const bool backward = purpose == Purpose::kForwardAndBackward;
    inputs_.push_back(xt::ones<T>({l > 0 ? 1 + inputs(l) : 0, stride}));
    outputs_.push_back(xt::zeros<T>({last || backward ? Padded<T>(outputs(l)) : 0, stride}));
    transposed_.push_back(
        xt::zeros<T>({backward ? Padded<T>(most_rows) : 0, Stride<T>(outputs(l))}));
  }
}

template <class T>
void Block<T>::Forward(const BlockInput<T>& input, const T* weights) {
  rows_ = input.rows;
  for (std::size_t l = 0; l < spec_.layers(); ++l) {
    const bool last = l + 1 == spec_.layers();
    const PaddedMatrix<T> a = last ? Rows(outputs_[l]) : Rows(inputs_[l + 1], 1);
    kernels_.multiply(outputs(l), rows_, 1 + inputs(l),
                      {weights + LayerOffset(spec_, l), 1, outputs(l)},
                      l == 0 ? input.columns : ConstRows(inputs_[l]), a);
    if (!last) kernels_.activate(spec_.activation, outputs(l), rows_, a);
  }
  if (!spec_.regression()) kernels_.softmax(spec_.classes(), rows_, Rows(outputs_.back()));
}

template <class T>
void Block<T>::TakeLogLikelihood(const std::int32_t* labels) {
  for (std::size_t i = 0; i < rows_; ++i) {
    log_likelihood_(i) = Probability(i, static_cast<std::size_t>(labels[i])) + T(1e-6);
  }
  kernels_.logarithms(log_likelihood_.data(), rows_);
}

template <class T>
void Block<T>::SubtractLogLikelihood(double& loss) const {
  for (std::size_t i = 0; i < rows_; ++i) loss -= static_cast<double>(log_likelihood_(i));
}

template <class T>
std::size_t Block<T>::WrongRows(const std::int32_t* labels) {
  kernels_.greatest(spec_.classes(), rows_, ConstRows(outputs_.back()), greatest_.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rows_; ++i) wrong += greatest_(i) != static_cast<T>(labels[i]);
  return wrong;
}

template <class T>
void Block<T>::Backward(const std::int32_t* labels, const T* weights) {
  // The gradient of the loss by A_last is Y - onehot(labels).
  for (std::size_t i = 0; i < rows_; ++i) outputs_.back()(labels[i], i) -= 1;
  for (std::size_t l = spec_.layers(); l-- > 0;) {
    kernels_.transpose(outputs(l), rows_, ConstRows(outputs_[l]), Rows(transposed_[l]));
    if (l == 0) break;
    // D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1})
    kernels_.multiply(inputs(l), rows_, outputs(l),
                      {weights + LayerOffset(spec_, l) + outputs(l), outputs(l), 1},
                      ConstRows(outputs_[l]), Rows(outputs_[l - 1]));
    kernels_.multiply_by_slope(spec_.activation, inputs(l), rows_, ConstRows(inputs_[l], 1),
                               Rows(outputs_[l - 1]));
  }
}

template <class T>
void Block<T>::Gradient(const BlockInput<T>& input, std::size_t layer, std::size_t first,
                        std::size_t end, bool add, AlignedMatrix<T>& gradient) const {
  const PaddedMatrix<const T> z = layer == 0 ? input.columns : ConstRows(inputs_[layer]);
  (add ? kernels_.multiply_add : kernels_.multiply)(
      end - first, outputs(layer), rows_, {z.data + first * z.stride, z.stride, 1},
      ConstRows(transposed_[layer]), Rows(gradient, first));
}

template std::size_t BlockInputSize<float>(std::size_t, std::size_t);
template std::size_t BlockInputSize<double>(std::size_t, std::size_t);
template BlockInput<float> LoadBlockInput(const Matrix<double>&, std::size_t, std::size_t,
                                          std::size_t, float*);
template BlockInput<double> LoadBlockInput(const Matrix<double>&, std::size_t, std::size_t,
                                           std::size_t, double*);
template class Block<float>;
template class Block<double>;

}  // namespace mlp
