#include "libmlp/block.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xview.hpp>

#include "libmlp/draws.h"

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

// Of the rows that row(0), row(1), … point to.
template <class T, class Row>
static BlockInput<T> Load(std::size_t width, std::size_t rows, std::size_t most_rows, T* memory,
                          Row row) {
  const std::size_t stride = Stride<T>(most_rows);
  std::fill_n(memory, Padded<T>(rows), T(1));
  // A line of the rows that are written at a time.
  constexpr std::size_t kLine = kAlignedValues<T>;
  for (std::size_t i = 0; i < rows; i += kLine) {
    const std::size_t count = std::min(kLine, rows - i);
    const double* from[kLine] = {};
    for (std::size_t k = 0; k < count; ++k) from[k] = row(i + k);
    for (std::size_t j = 0; j < width; ++j) {
      T* const line = memory + (1 + j) * stride + i;
      for (std::size_t k = 0; k < count; ++k) line[k] = static_cast<T>(from[k][j]);
      std::fill(line + count, line + kLine, T(0));
    }
  }
  return {{memory, stride}, rows};
}

template <class T>
BlockInput<T> LoadBlockInput(const Matrix<double>& features, std::size_t first, std::size_t rows,
                             std::size_t most_rows, T* memory) {
  return Load(features.shape(1), rows, most_rows, memory,
              [&](std::size_t i) { return &features(first + i, 0); });
}

template <class T>
BlockInput<T> GatherBlockInput(const Matrix<double>& features, const std::uint32_t* numbers,
                               std::size_t rows, std::size_t most_rows, T* memory) {
  return Load(features.shape(1), rows, most_rows, memory,
              [&](std::size_t i) { return &features(numbers[i], 0); });
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
void Block<T>::Forward(const BlockInput<T>& input, const T* weights, const Dropout& dropout) {
  rows_ = input.rows;
  dropped_ = dropout.share > 0;
  for (std::size_t l = 0; l < spec_.layers(); ++l) {
    const bool last = l + 1 == spec_.layers();
    const PaddedMatrix<T> a = last ? Rows(outputs_[l]) : Rows(inputs_[l + 1], 1);
    kernels_.multiply(outputs(l), rows_, 1 + inputs(l),
                      {weights + LayerOffset(spec_, l), 1, outputs(l)},
                      l == 0 ? input.columns : ConstRows(inputs_[l]), a);
    if (!last) kernels_.activate(spec_.activation, outputs(l), rows_, a);
    if (!last && dropped_) LeaveOut(l, dropout);
  }
  if (!spec_.regression()) kernels_.softmax(spec_.classes(), rows_, Rows(outputs_.back()));
}

// Each row draws for itself, unit after unit, 16 bits a unit.
template <class T>
void Block<T>::LeaveOut(std::size_t layer, const Dropout& dropout) {
  masks_.resize(spec_.layers());
  unmasked_.resize(spec_.layers());
  AlignedMatrix<T>& mask = masks_[layer];
  if (mask.size() == 0) mask = xt::zeros<T>({outputs(layer), inputs_[layer + 1].shape(1)});
  const auto threshold = static_cast<std::uint64_t>(std::lround(dropout.share * 65536));
  const T scale = T(1) / T(1 - dropout.share);
  for (std::size_t i = 0; i < rows_; ++i) {
    Draws draws(Mixed(dropout.key, dropout.rows[i], layer));
    std::uint64_t bits = 0;
    for (std::size_t unit = 0; unit < outputs(layer); ++unit, bits >>= 16) {
      if (unit % 4 == 0) bits = draws.Next();
      mask(unit, i) = (bits & 0xffff) < threshold ? T(0) : scale;
    }
  }
  unmasked_[layer] = xt::view(inputs_[layer + 1], xt::range(1, 1 + outputs(layer)));
  for (std::size_t unit = 0; unit < outputs(layer); ++unit) {
    T* const z = &inputs_[layer + 1](1 + unit, 0);
    for (std::size_t i = 0; i < rows_; ++i) z[i] *= mask(unit, i);
  }
}

template <class T>
void Block<T>::TakeLogLikelihood(const Answers& answers, const Objective<T>& objective) {
  if (spec_.regression()) {
    for (std::size_t i = 0; i < rows_; ++i) {
      const T difference = Probability(i, 0) - static_cast<T>(answers.targets[i]);
      log_likelihood_(i) = difference * difference * T(-0.5);
    }
    return;
  }
  for (std::size_t i = 0; i < rows_; ++i) {
    const T probability = Probability(i, static_cast<std::size_t>(answers.labels[i]));
    log_likelihood_(i) = std::max(probability + objective.offset, objective.least);
  }
  kernels_.logarithms(log_likelihood_.data(), rows_);
  if (objective.class_weights.empty()) return;
  for (std::size_t i = 0; i < rows_; ++i) {
    log_likelihood_(i) *= objective.class_weights[static_cast<std::size_t>(answers.labels[i])];
  }
}

template <class T>
void Block<T>::SubtractLogLikelihood(double& loss) const {
  for (std::size_t i = 0; i < rows_; ++i) loss -= static_cast<double>(log_likelihood_(i));
}

template <class T>
std::size_t Block<T>::WrongRows(const Answers& answers) {
  if (spec_.regression()) return 0;
  kernels_.greatest(spec_.classes(), rows_, ConstRows(outputs_.back()), greatest_.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rows_; ++i)
    wrong += greatest_(i) != static_cast<T>(answers.labels[i]);
  return wrong;
}

// Y becomes the gradient of the loss by A_last: Y less what it should be.
template <class T>
void Block<T>::SubtractAnswers(const Answers& answers, const Objective<T>& objective) {
  AlignedMatrix<T>& y = outputs_.back();
  if (spec_.regression()) {
    for (std::size_t i = 0; i < rows_; ++i) y(0, i) -= static_cast<T>(answers.targets[i]);
    return;
  }
  const T others = objective.smoothing / static_cast<T>(spec_.classes());
  for (std::size_t k = 0; k < spec_.classes() && others > 0; ++k) {
    for (std::size_t i = 0; i < rows_; ++i) y(k, i) -= others;
  }
  for (std::size_t i = 0; i < rows_; ++i) y(answers.labels[i], i) -= T(1) - objective.smoothing;
  if (objective.class_weights.empty()) return;
  for (std::size_t k = 0; k < spec_.classes(); ++k) {
    for (std::size_t i = 0; i < rows_; ++i) {
      y(k, i) *= objective.class_weights[static_cast<std::size_t>(answers.labels[i])];
    }
  }
}

template <class T>
void Block<T>::Backward(const Answers& answers, const Objective<T>& objective, const T* weights) {
  SubtractAnswers(answers, objective);
  for (std::size_t l = spec_.layers(); l-- > 0;) {
    kernels_.transpose(outputs(l), rows_, ConstRows(outputs_[l]), Rows(transposed_[l]));
    if (l == 0) break;
    // D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1})
    AlignedMatrix<T>& d = outputs_[l - 1];
    kernels_.multiply(inputs(l), rows_, outputs(l),
                      {weights + LayerOffset(spec_, l) + outputs(l), outputs(l), 1},
                      ConstRows(outputs_[l]), Rows(d));
    if (dropped_) {
      for (std::size_t unit = 0; unit < inputs(l); ++unit) {
        for (std::size_t i = 0; i < rows_; ++i) d(unit, i) *= masks_[l - 1](unit, i);
      }
    }
    kernels_.multiply_by_slope(spec_.activation, inputs(l), rows_,
                               dropped_ ? ConstRows(unmasked_[l - 1]) : ConstRows(inputs_[l], 1),
                               Rows(d));
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
template BlockInput<float> GatherBlockInput(const Matrix<double>&, const std::uint32_t*,
                                            std::size_t, std::size_t, float*);
template BlockInput<double> GatherBlockInput(const Matrix<double>&, const std::uint32_t*,
                                             std::size_t, std::size_t, double*);
template class Block<float>;
template class Block<double>;

}  // namespace mlp
