#include "libmlp/train/network.h"

#include <algorithm>
#include <cmath>
#include <xtensor/xbuilder.hpp>

#include "absl/strings/str_cat.h"
#include "libmlp/data/shard.h"
#include "libmlp/kernels/flush_denormals.h"

namespace mlp {

bool ThreadsPay(const ModelSpec& spec) {
  constexpr std::size_t kMultiplyAdds = std::size_t{1} << 23;  // 0.1 ms and more
  return ParameterCount(spec) * DefaultBlockRows(spec) >= kMultiplyAdds;
}

absl::Status Diverged(int epoch) {
  return absl::OutOfRangeError(absl::StrCat("loss or parameters became non-finite in epoch ", epoch,
                                            ": use a smaller learning rate"));
}

// The most rows that are worked on at a time.
static std::size_t MostRows(const NetworkOptions& options, const Shard& shard) {
  return options.batch_rows > 0 ? options.batch_rows : shard.rows();
}

template <class T>
Network<T>::Network(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
                    const NetworkOptions& options)
    : spec_(spec),
      shard_(shard),
      block_rows_(options.block_rows > 0 ? options.block_rows : DefaultBlockRows(spec)),
      team_(std::min(options.threads, BlocksOf(MostRows(options, shard)))),
      kernels_(KernelsFor<T>(options.set)),
      weights_(start),
      lanes_(FastestLanes<T>(spec, MostRows(options, shard))),
      inputs_(spec.features(), block_rows_, BlocksOf(MostRows(options, shard)),
              lanes_[0] == Lanes::kInputs ? BlockInputs<T>::ByRow::kKept
                                          : BlockInputs<T>::ByRow::kDropped,
              options.set) {
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const std::size_t inputs = spec.layer_sizes[l], outputs = spec.layer_sizes[l + 1];
    const bool across_inputs = lanes_[l] == Lanes::kInputs;
    // Rows are padded if whole vectors are transposed.
    gradients_.push_back(
        xt::zeros<T>({1 + (across_inputs ? Padded<T>(inputs) : inputs), Stride<T>(outputs)}));
    sums_across_inputs_.push_back(
        xt::zeros<T>({across_inputs ? Padded<T>(outputs) : 0, Stride<T>(inputs)}));
    bias_sums_.push_back(xt::zeros<T>({outputs, kAlignedValues<T>}));
  }
  for (std::size_t member = 0; member < team_.size(); ++member) {
    blocks_.emplace_back(spec, block_rows_, options.set, lanes_);
  }
  if (options.batch_rows == 0) LoadInputs(nullptr, shard.rows());
}

template <class T>
void Network<T>::LoadInputs(const std::uint32_t* numbers, std::size_t count) {
  loaded_blocks_ = BlocksOf(count);
  for (std::size_t block = 0; block < loaded_blocks_; ++block) {
    const std::size_t first = block * block_rows_, rows = std::min(block_rows_, count - first);
    if (numbers == nullptr) {
      inputs_.Load(block, shard_.features, first, rows);
    } else {
      inputs_.Gather(block, shard_.features, numbers + first, rows);
    }
  }
}

template <class T>
void Network<T>::LoadBatch(const std::uint32_t* numbers, std::size_t count) {
  LoadInputs(numbers, count);
  numbers_.assign(numbers, numbers + count);
  labels_.clear();
  targets_.clear();
  for (const std::uint32_t row : numbers_) {
    if (spec_.regression()) {
      targets_.push_back(shard_.targets(row));
    } else {
      labels_.push_back(shard_.labels(row));
    }
  }
}

template <class T>
Targets Network<T>::TargetsOf(std::size_t block) const {
  const std::size_t first = block * block_rows_;
  const std::int32_t* labels = numbers_.empty() ? shard_.labels.data() : labels_.data();
  const double* targets = numbers_.empty() ? shard_.targets.data() : targets_.data();
  if (spec_.regression()) return {.targets = targets + first};
  return {.labels = labels + first};
}

template <class T>
template <class Each, class Together>
absl::Status Network<T>::ForEachBlocks(const std::stop_token& stop, Each each, Together together) {
  for (std::size_t first = 0; first < loaded_blocks_; first += team_.size()) {
    if (stop.stop_requested()) return absl::CancelledError("stopped on request");
    const std::size_t count = std::min(team_.size(), loaded_blocks_ - first);
    team_.Run([&](std::size_t member) {
      if (member < count) each(blocks_[member], first + member);
    });
    together(first, count);
  }
  return absl::OkStatus();
}

template <class T>
absl::StatusOr<int> Network<T>::Descend(const TrainingOptions& options,
                                        const std::stop_token& stop) {
  double loss_before = 0;
  int steps = 0;
  for (; steps < options.epochs; ++steps) {
    double loss = 0;
    absl::Status status = Differentiate({}, {}, stop, loss);
    if (!status.ok()) return status;
    if (!std::isfinite(loss)) return Diverged(std::max(steps, 1));
    // This pass found the loss after the step before; the gradient that it found too is not used.
    const bool settled = steps > 0 && std::abs(loss - loss_before) <= options.tolerance;
    if (options.tolerance > 0 && settled) break;
    loss_before = loss;
    Step(static_cast<T>(options.learning_rate));
  }
  return steps;
}

template <class T>
absl::Status Network<T>::Differentiate(const Objective<T>& objective, const Dropout& dropout,
                                       const std::stop_token& stop, double& loss,
                                       std::size_t* wrong) {
  std::vector<std::size_t> wrong_of(team_.size());
  LossSum sum;
  for (AlignedMatrix<T>& sums : bias_sums_) sums.fill(T(0));
  absl::Status done = ForEachBlocks(
      stop,
      [&](Block<T>& block, std::size_t index) {
        const FlushDenormals flush(!numbers_.empty());
        Dropout of_block = dropout;
        of_block.rows = numbers_.data() + (numbers_.empty() ? 0 : index * block_rows_);
        block.Forward(inputs_[index], weights_.data(), of_block);
        block.AddLogLikelihood(TargetsOf(index), objective);
        if (wrong != nullptr) wrong_of[index % team_.size()] += block.WrongRows(TargetsOf(index));
        block.Backward(TargetsOf(index), objective, weights_.data());
      },
      [&](std::size_t first, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) blocks_[i].SubtractLogLikelihood(sum);
        team_.Run([&](std::size_t member) {
          const FlushDenormals flush(!numbers_.empty());
          AddGradients(member, first, count);
        });
      });
  if (!done.ok()) return done;
  team_.Run([&](std::size_t member) {
    const FlushDenormals flush(!numbers_.empty());
    FinishGradients(member);
  });
  loss += sum.Total();
  for (const std::size_t rows : wrong_of) {
    if (wrong != nullptr) *wrong += rows;
  }
  return absl::OkStatus();
}

template <class T>
void Network<T>::MeanGradient(T alpha, Vector<T>& gradient) const {
  const auto rows = static_cast<T>(numbers_.empty() ? shard_.rows() : numbers_.size());
  const T* weight = weights_.data();
  T* to = gradient.data();
  for (std::size_t l = 0; l < gradients_.size(); ++l) {
    const std::size_t outputs = spec_.layer_sizes[l + 1];
    for (std::size_t i = 0; i <= spec_.layer_sizes[l]; ++i, weight += outputs, to += outputs) {
      const T* const sum = &gradients_[l](i, 0);
      const T penalty = i == 0 ? T(0) : alpha;  // row 0 is the bias
      for (std::size_t j = 0; j < outputs; ++j) to[j] = std::fma(penalty, weight[j], sum[j]) / rows;
    }
  }
}

// Adds a member's share of each layer's gradient, block after block.
template <class T>
void Network<T>::AddGradients(std::size_t member, std::size_t first_block, std::size_t count) {
  for (std::size_t l = 0; l < gradients_.size(); ++l) {
    const bool across_inputs = lanes_[l] == Lanes::kInputs;
    const std::size_t rows = spec_.layer_sizes[across_inputs ? l + 1 : l];
    const std::size_t first = rows * member / team_.size(),
                      end = rows * (member + 1) / team_.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t block = first_block + i;
      if (first < end) {
        blocks_[i].Gradient(inputs_[block], l, first, end, block > 0,
                            across_inputs ? sums_across_inputs_[l] : gradients_[l]);
      }
      if (member == 0) blocks_[i].AddBiasGradient(l, bias_sums_[l]);
    }
  }
}

// Brings a member's share of the sums to their places in the gradients.
template <class T>
void Network<T>::FinishGradients(std::size_t member) {
  constexpr std::size_t kLine = kAlignedValues<T>;
  for (std::size_t l = 0; l < gradients_.size(); ++l) {
    const std::size_t inputs = spec_.layer_sizes[l], outputs = spec_.layer_sizes[l + 1];
    AlignedMatrix<T>& gradient = gradients_[l];
    // Each member's share is whole vectors of outputs.
    const std::size_t vectors = Padded<T>(outputs) / kLine;
    const std::size_t first = vectors * member / team_.size() * kLine,
                      end = std::min(vectors * (member + 1) / team_.size() * kLine, outputs);
    if (first >= end) continue;
    if (lanes_[l] == Lanes::kInputs) {
      const AlignedMatrix<T>& sums = sums_across_inputs_[l];
      kernels_.transpose(end - first, inputs, {&sums(first, 0), sums.shape(1)},
                         {&gradient(1, first), gradient.shape(1)});
    }
    for (std::size_t j = first; j < end; ++j) {
      T* const line = &bias_sums_[l](j, 0);
      for (std::size_t half = kLine / 2; half > 0; half /= 2) {
        for (std::size_t k = 0; k < half; ++k) line[k] += line[half + k];
      }
      gradient(0, j) = line[0];
    }
  }
}

template <class T>
void Network<T>::Step(T learning_rate) {
  T* weight = weights_.data();
  for (std::size_t l = 0; l < gradients_.size(); ++l) {
    const std::size_t outputs = spec_.layer_sizes[l + 1];
    for (std::size_t i = 0; i <= spec_.layer_sizes[l]; ++i, weight += outputs) {
      const T* gradient = &gradients_[l](i, 0);
      for (std::size_t j = 0; j < outputs; ++j) {
        weight[j] = std::fma(-learning_rate, gradient[j], weight[j]);
      }
    }
  }
}

template <class T>
absl::StatusOr<Evaluation> Network<T>::Measure(const std::stop_token& stop) {
  Evaluation result{.rows = shard_.rows(), .total_squares = TotalSquares(shard_)};
  std::vector<std::size_t> wrong(team_.size());
  LossSum loss;
  absl::Status done = ForEachBlocks(
      stop,
      [&](Block<T>& block, std::size_t index) {
        block.Forward(inputs_[index], weights_.data());
        block.AddLogLikelihood(TargetsOf(index), {});
        wrong[index % team_.size()] += block.WrongRows(TargetsOf(index));
      },
      [&](std::size_t, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) blocks_[i].SubtractLogLikelihood(loss);
      });
  if (!done.ok()) return done;
  result.loss = loss.Total();
  for (const std::size_t rows : wrong) result.wrong_rows += rows;
  return result;
}

template class Network<float>;
template class Network<double>;

}  // namespace mlp
