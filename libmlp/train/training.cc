#include "libmlp/train/training.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/data/shard.h"
#include "libmlp/train/batches.h"
#include "libmlp/train/block.h"
#include "libmlp/train/network.h"
#include "libmlp/train/predictor.h"

namespace mlp {
namespace {

// Passes block after block forward, with no more memory than one of them needs. After each calls
// visit(block, first row). Cancelled after `stop`.
template <class T, class Visit>
absl::Status ForEachBlock(const ModelSpec& spec, const Vector<T>& parameters,
                          const Matrix<double>& features, const std::stop_token& stop,
                          Visit visit) {
  const std::size_t rows = features.shape(0), block_rows = DefaultBlockRows(spec);
  BlockInputs<T> inputs(spec.features(), block_rows, 1, BlockInputs<T>::ByRow::kDropped,
                        ChosenInstructionSet());
  Block<T> block(spec, block_rows, ChosenInstructionSet());
  for (std::size_t first = 0; first < rows; first += block_rows) {
    if (stop.stop_requested()) return absl::CancelledError("stopped on request");
    const std::size_t count = std::min(block_rows, rows - first);
    inputs.Load(0, features, first, count);
    block.Forward(inputs[0], parameters.data());
    visit(block, first);
  }
  return absl::OkStatus();
}

template <class T>
absl::StatusOr<BatchesResult> TrainAllRows(Network<T>& network, const TrainingOptions& options,
                                           const std::stop_token& stop) {
  const absl::StatusOr<int> steps = network.Descend(options, stop);
  if (!steps.ok()) return steps.status();
  absl::StatusOr<Evaluation> training = network.Measure(stop);
  if (!training.ok()) return training.status();
  return BatchesResult{*training, *steps};
}

template <class T>
absl::StatusOr<TrainingResult> TrainNetwork(const ModelSpec& spec, const Vector<T>& start,
                                            const Shard& shard, const TrainingOptions& options,
                                            const std::stop_token& stop, int threads) {
  const bool alone = threads <= 1 || !ThreadsPay(spec);
  NetworkOptions network_options{.threads = alone ? 1 : static_cast<std::size_t>(threads)};
  const bool batches = TrainsBatches(options.solver);
  if (batches) {
    network_options.batch_rows =
        std::min(static_cast<std::size_t>(options.batches.batch_size), shard.rows());
  }
  Network<T> network(spec, start, shard, network_options);
  const absl::StatusOr<BatchesResult> trained =
      batches ? TrainBatches(network, spec, shard, options, stop)
              : TrainAllRows(network, options, stop);
  if (!trained.ok()) return trained.status();
  Vector<T>& change = network.parameters();
  std::ranges::transform(change, start, change.begin(), std::minus());
  Parameters gradient = std::move(change);
  if (!std::isfinite(trained->training.loss) || !AllFinite(gradient)) {
    return Diverged(trained->epochs_run);
  }
  return TrainingResult{std::move(gradient), trained->training, trained->epochs_run};
}

}  // namespace

absl::Status CheckShard(const ModelSpec& spec, const Shard& shard) {
  if (shard.feature_count() != spec.features()) {
    return absl::InvalidArgumentError(absl::StrCat("rows have ", shard.feature_count(),
                                                   " features, the model takes ", spec.features()));
  }
  if (shard.regression() != spec.regression()) {
    return absl::InvalidArgumentError(spec.regression()
                                          ? "rows have classes, the model predicts a number"
                                          : "rows have numbers to predict, the model has classes");
  }
  if (shard.class_count() > spec.classes()) {
    return absl::InvalidArgumentError(absl::StrCat("rows have class ", shard.class_count() - 1,
                                                   ", the model knows 0 to ", spec.classes() - 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<TrainingResult> Train(const ModelSpec& spec, const Parameters& start,
                                     const Shard& shard, const TrainingOptions& options,
                                     std::stop_token stop, int threads) {
  return std::visit(
      [&](const auto& values) { return TrainNetwork(spec, values, shard, options, stop, threads); },
      start);
}

absl::StatusOr<Evaluation> Evaluate(const ModelSpec& spec, const Parameters& parameters,
                                    const Shard& shard, std::stop_token stop) {
  return std::visit(
      [&]<class T>(const Vector<T>& values) -> absl::StatusOr<Evaluation> {
        LossSum loss;
        Evaluation result{.rows = shard.rows(), .total_squares = TotalSquares(shard)};
        const auto add = [&](Block<T>& block, std::size_t first) {
          const Targets answers{shard.labels.data() + first, shard.targets.data() + first};
          block.AddLogLikelihood(answers, {});
          block.SubtractLogLikelihood(loss);
          result.wrong_rows += block.WrongRows(answers);
        };
        absl::Status done = ForEachBlock(spec, values, shard.features, stop, add);
        if (!done.ok()) return done;
        result.loss = loss.Total();
        if (!std::isfinite(result.loss)) {
          return absl::OutOfRangeError("the model's loss on these rows is not finite");
        }
        return result;
      },
      parameters);
}

}  // namespace mlp
