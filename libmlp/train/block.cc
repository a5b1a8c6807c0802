#include "libmlp/train/block.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xview.hpp>

#include "libmlp/kernels/draws.h"

namespace mlp {
namespace {

// The rows from `first` on.
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
  return width <= kNarrow ? 64 : std::clamp<std::size_t>(kValues / width, 16, 256) / 16 * 16;
}

// Vectors that are multiplied and added take the time; one that is transposed costs as much as
// about four of them. An input that is kept by row need not be transposed, but sums across inputs
// must be, once. If both take about as long, outputs need less memory.
template <class T>
std::vector<Lanes> FastestLanes(const ModelSpec& spec, std::size_t rows) {
  constexpr std::size_t kTransposed = 4;
  std::vector<Lanes> lanes;
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const std::size_t inputs = spec.layer_sizes[l], outputs = spec.layer_sizes[l + 1];
    const std::size_t input_vectors = Padded<T>(inputs) / kAlignedValues<T>,
                      output_vectors = Padded<T>(outputs) / kAlignedValues<T>;
    const std::size_t across_outputs = rows * output_vectors * (inputs + kTransposed);
    const std::size_t across_inputs = rows * input_vectors * (outputs + (l > 0 ? kTransposed : 0)) +
                                      kTransposed * input_vectors * outputs;
    const bool clearly_less = across_inputs + across_inputs / 20 < across_outputs;
    lanes.push_back(clearly_less ? Lanes::kInputs : Lanes::kOutputs);
  }
  return lanes;
}

template <class T>
Block<T>::Block(const ModelSpec& spec, std::size_t most_rows, InstructionSet set,
                std::vector<Lanes> lanes)
    : spec_(spec),
      kernels_(KernelsFor<T>(set)),
      lanes_(std::move(lanes)),
      log_likelihood_(xt::zeros<T>({Padded<T>(most_rows)})),
      greatest_(xt::zeros<T>({Padded<T>(most_rows)})) {
  const std::size_t stride = Stride<T>(most_rows);
  const bool backward = !lanes_.empty();
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const bool last = l + 1 == spec.layers();
    const bool across_inputs = backward && lanes_[l] == Lanes::kInputs;
    const bool transpose = backward && !(across_inputs && l == 0);
    inputs_.push_back(xt::ones<T>({l > 0 ? 1 + Padded<T>(inputs(l)) : 0, stride}));
    outputs_.push_back(xt::zeros<T>({last || backward ? Padded<T>(outputs(l)) : 0, stride}));
    transposed_.push_back(xt::zeros<T>(
        {transpose ? Padded<T>(most_rows) : 0, Stride<T>(across_inputs ? inputs(l) : outputs(l))}));
  }
}

template <class T>
void Block<T>::Forward(const BlockInput<T>& input, const T* weights, const Dropout& dropout) {
  rows_ = input.rows;
  dropped_ = dropout.share > 0;
  for (std::size_t l = 0; l < spec_.layers(); ++l) {
    const bool last = l + 1 == spec_.layers();
    const PaddedMatrix<T> a = last ? Rows(outputs_[l]) : Rows(inputs_[l + 1], 1);
    kernels_.multiply({outputs(l),
                       rows_,
                       1 + inputs(l),
                       {weights + LayerOffset(spec_, l), 1, outputs(l)},
                       l == 0 ? input.columns : ConstRows(inputs_[l]),
                       a});
    if (!last) kernels_.activate(spec_.activation, outputs(l), rows_, a);
    if (!last && dropped_) ApplyDropout(l, dropout);
  }
  if (!spec_.regression()) kernels_.softmax(spec_.classes(), rows_, Rows(outputs_.back()));
}

// Each row draws for itself, unit after unit, 16 bits a unit.
template <class T>
void Block<T>::ApplyDropout(std::size_t layer, const Dropout& dropout) {
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
void Block<T>::AddLogLikelihood(const Targets& targets, const Objective<T>& objective) {
  if (spec_.regression()) {
    for (std::size_t i = 0; i < rows_; ++i) {
      const T difference = Probability(i, 0) - static_cast<T>(targets.targets[i]);
      log_likelihood_(i) = difference * difference * T(-0.5);
    }
    return;
  }
  for (std::size_t i = 0; i < rows_; ++i) {
    const T probability = Probability(i, static_cast<std::size_t>(targets.labels[i]));
    log_likelihood_(i) = std::max(probability + objective.offset, objective.least);
  }
  kernels_.logarithms(log_likelihood_.data(), rows_);
  if (objective.class_weights.empty()) return;
  for (std::size_t i = 0; i < rows_; ++i) {
    log_likelihood_(i) *= objective.class_weights[static_cast<std::size_t>(targets.labels[i])];
  }
}

template <class T>
std::size_t Block<T>::WrongRows(const Targets& targets) {
  if (spec_.regression()) return 0;
  kernels_.greatest(spec_.classes(), rows_, ConstRows(outputs_.back()), greatest_.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rows_; ++i)
    wrong += greatest_(i) != static_cast<T>(targets.labels[i]);
  return wrong;
}

// Y becomes the gradient of the loss by A_last: Y minus its target.
template <class T>
void Block<T>::SubtractTargets(const Targets& targets, const Objective<T>& objective) {
  AlignedMatrix<T>& y = outputs_.back();
  if (spec_.regression()) {
    for (std::size_t i = 0; i < rows_; ++i) y(0, i) -= static_cast<T>(targets.targets[i]);
    return;
  }
  const T others = objective.smoothing / static_cast<T>(spec_.classes());
  for (std::size_t k = 0; k < spec_.classes() && others > 0; ++k) {
    for (std::size_t i = 0; i < rows_; ++i) y(k, i) -= others;
  }
  for (std::size_t i = 0; i < rows_; ++i) y(targets.labels[i], i) -= T(1) - objective.smoothing;
  if (objective.class_weights.empty()) return;
  for (std::size_t k = 0; k < spec_.classes(); ++k) {
    for (std::size_t i = 0; i < rows_; ++i) {
      y(k, i) *= objective.class_weights[static_cast<std::size_t>(targets.labels[i])];
    }
  }
}

template <class T>
void Block<T>::Backward(const Targets& targets, const Objective<T>& objective, const T* weights) {
  SubtractTargets(targets, objective);
  for (std::size_t l = spec_.layers(); l-- > 0;) {
    if (lanes_[l] == Lanes::kOutputs) {
      kernels_.transpose(outputs(l), rows_, ConstRows(outputs_[l]), Rows(transposed_[l]));
    } else if (l > 0) {
      kernels_.transpose(inputs(l), rows_, ConstRows(inputs_[l], 1), Rows(transposed_[l]));
    }
    if (l == 0) break;
    // D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1})
    AlignedMatrix<T>& d = outputs_[l - 1];
    kernels_.multiply({inputs(l),
                       rows_,
                       outputs(l),
                       {weights + LayerOffset(spec_, l) + outputs(l), outputs(l), 1},
                       ConstRows(outputs_[l]),
                       Rows(d)});
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
  const auto multiply = add ? kernels_.multiply_add : kernels_.multiply;
  if (lanes_[layer] == Lanes::kInputs) {
    const PaddedMatrix<const T> d = ConstRows(outputs_[layer], first);
    multiply({end - first,
              inputs(layer),
              rows_,
              {d.data, d.stride, 1},
              layer == 0 ? input.by_row : ConstRows(transposed_[layer]),
              Rows(gradient, first)});
  } else {
    const PaddedMatrix<const T> z = layer == 0 ? input.columns : ConstRows(inputs_[layer]);
    multiply({end - first,
              outputs(layer),
              rows_,
              {z.data + (1 + first) * z.stride, z.stride, 1},
              ConstRows(transposed_[layer]),
              Rows(gradient, 1 + first)});
  }
}

template <class T>
void Block<T>::AddBiasGradient(std::size_t layer, AlignedMatrix<T>& sums) const {
  kernels_.add_by_lane(outputs(layer), rows_, ConstRows(outputs_[layer]), Rows(sums));
}

template std::vector<Lanes> FastestLanes<float>(const ModelSpec&, std::size_t);
template std::vector<Lanes> FastestLanes<double>(const ModelSpec&, std::size_t);
template class Block<float>;
template class Block<double>;

}  // namespace mlp
