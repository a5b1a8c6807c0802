#include "libmlp/train/batches.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "libmlp/data/shard.h"
#include "libmlp/kernels/draws.h"
#include "libmlp/kernels/flush_denormals.h"
#include "libmlp/train/optimizer.h"

namespace mlp {
namespace {

// The purpose of draws, which is part of their key.
enum class Purpose : std::uint64_t { kShuffle = 1, kDropout = 2 };

std::uint64_t KeyOf(const DrawKey& key, int epoch, Purpose purpose) {
  return Mixed(key.seed, key.round, key.shard, epoch, static_cast<std::uint64_t>(purpose));
}

// Shuffles by Fisher and Yates, from the end.
void Shuffle(std::vector<std::uint32_t>& numbers, std::uint64_t key) {
  Draws draws(key);
  for (auto left = static_cast<std::uint32_t>(numbers.size()); left > 1; --left) {
    std::swap(numbers[left - 1], numbers[draws.Below(left)]);
  }
}

template <class T>
Objective<T> ObjectiveOf(const BatchOptions& options) {
  Objective<T> objective;
  objective.offset = 0;
  objective.least = std::numeric_limits<T>::epsilon();
  objective.smoothing = static_cast<T>(options.label_smoothing);
  objective.class_weights.assign(options.class_weights.begin(), options.class_weights.end());
  return objective;
}

// The sum of the squares of the weights, without the biases.
template <class T>
double WeightSquares(const ModelSpec& spec, const Vector<T>& parameters) {
  double sum = 0;
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const std::size_t outputs = spec.layer_sizes[l + 1];
    sum += SumOfSquares(parameters.data() + LayerOffset(spec, l) + outputs,
                        spec.layer_sizes[l] * outputs);
  }
  return sum;
}

// Steps over all batches once.
template <class T>
class Epochs {
 public:
  Epochs(Network<T>& network, const ModelSpec& spec, std::size_t rows,
         const TrainingOptions& options)
      : network_(network),
        spec_(spec),
        options_(options),
        objective_(ObjectiveOf<T>(options.batches)),
        optimizer_(options, network.parameters().size()),
        gradient_(network.parameters().size()),
        numbers_(rows) {
    std::iota(numbers_.begin(), numbers_.end(), 0U);
  }

  absl::StatusOr<Evaluation> Run(int epoch, const std::stop_token& stop) {
    if (options_.batches.shuffle) Shuffle(numbers_, KeyOf(options_.key, epoch, Purpose::kShuffle));
    const Dropout dropout{.share = options_.batches.dropout,
                          .key = KeyOf(options_.key, epoch, Purpose::kDropout)};
    Evaluation evaluation{.rows = numbers_.size()};
    const auto batch_size = static_cast<std::size_t>(options_.batches.batch_size);
    for (std::size_t first = 0; first < numbers_.size(); first += batch_size) {
      network_.LoadBatch(&numbers_[first], std::min(batch_size, numbers_.size() - first));
      absl::Status status = Step(dropout, stop, evaluation);
      if (!status.ok()) return status;
    }
    return evaluation;
  }

 private:
  absl::Status Step(const Dropout& dropout, const std::stop_token& stop, Evaluation& evaluation) {
    absl::Status status =
        network_.Differentiate(objective_, dropout, stop, evaluation.loss, &evaluation.wrong_rows);
    if (!status.ok()) return status;
    const double alpha = options_.batches.alpha;
    if (alpha > 0) evaluation.loss += alpha / 2 * WeightSquares(spec_, network_.parameters());
    network_.MeanGradient(static_cast<T>(alpha), gradient_);
    optimizer_.Step(gradient_, network_.parameters());
    return absl::OkStatus();
  }

  Network<T>& network_;
  const ModelSpec& spec_;
  const TrainingOptions& options_;
  Objective<T> objective_;
  Optimizer<T> optimizer_;
  Vector<T> gradient_;
  std::vector<std::uint32_t> numbers_;  // of the rows, in their order
};

}  // namespace

template <class T>
absl::StatusOr<BatchesResult> TrainBatches(Network<T>& network, const ModelSpec& spec,
                                           const Shard& shard, const TrainingOptions& options,
                                           const std::stop_token& stop) {
  const FlushDenormals flush;
  Epochs<T> epochs(network, spec, shard.rows(), options);
  BatchesResult result;
  while (result.epochs_run < options.epochs) {
    const double loss_before = result.training.loss;
    absl::StatusOr<Evaluation> training = epochs.Run(result.epochs_run + 1, stop);
    if (!training.ok()) return training.status();
    result.training = *training;
    ++result.epochs_run;
    if (!std::isfinite(training->loss)) return Diverged(result.epochs_run);
    const bool settled =
        result.epochs_run > 1 && std::abs(training->loss - loss_before) <= options.tolerance;
    if (options.tolerance > 0 && settled) break;
  }
  result.training.total_squares = TotalSquares(shard);
  return result;
}

template absl::StatusOr<BatchesResult> TrainBatches(Network<float>&, const ModelSpec&, const Shard&,
                                                    const TrainingOptions&, const std::stop_token&);
template absl::StatusOr<BatchesResult> TrainBatches(Network<double>&, const ModelSpec&,
                                                    const Shard&, const TrainingOptions&,
                                                    const std::stop_token&);

}  // namespace mlp
