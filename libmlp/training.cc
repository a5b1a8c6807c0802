#include "libmlp/training.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/block.h"
#include "libmlp/network.h"
#include "libmlp/predictor.h"

namespace mlp {
namespace {

// Forward passes of block after block, with no more memory than for one of them. After each calls
// visit(block, first row). Cancelled after `stop`.
template <class T, class Visit>
absl::Status ForEachBlock(const ModelSpec& spec, const Vector<T>& parameters,
                          const Matrix<double>& features, const std::stop_token& stop,
                          Visit visit) {
  const std::size_t rows = features.shape(0), block_rows = DefaultBlockRows(spec);
  AlignedVector<T> memory =
      AlignedVector<T>::from_shape({BlockInputSize<T>(spec.features(), block_rows)});
  Block<T> block(spec, block_rows, Block<T>::Purpose::kForward, ChosenInstructionSet());
  for (std::size_t first = 0; first < rows; first += block_rows) {
    if (stop.stop_requested()) return absl::CancelledError("stopped on request");
    const std::size_t count = std::min(block_rows, rows - first);
    block.Forward(LoadBlockInput(features, first, count, block_rows, memory.data()),
                  parameters.data());
    visit(block, first);
  }
  return absl::OkStatus();
}

template <class T>
absl::StatusOr<TrainingResult> TrainNetwork(const ModelSpec& spec, const Vector<T>& start,
                                            const Shard& shard, const TrainingOptions& options,
                                            const std::stop_token& stop, int threads) {
  const bool alone = threads <= 1 || !ThreadsPay(spec);
  Network<T> network(spec, start, shard,
                     {.threads = alone ? 1 : static_cast<std::size_t>(threads)});
  const absl::StatusOr<int> steps = network.Descend(options, stop);
  if (!steps.ok()) return steps.status();
  absl::StatusOr<Evaluation> training = network.Measure(stop);
  if (!training.ok()) return training.status();
  network.parameters() -= start;
  Parameters gradient = std::move(network.parameters());
  if (!std::isfinite(training->loss) || !AllFinite(gradient)) return Diverged(*steps);
  return TrainingResult{std::move(gradient), *training, *steps};
}

}  // namespace

std::string_view ArithmeticId() { return "mlp-2"; }

absl::Status CheckShard(const ModelSpec& spec, const Shard& shard) {
  if (shard.feature_count() != spec.features()) {
    return absl::InvalidArgumentError(absl::StrCat("rows have ", shard.feature_count(),
                                                   " features, the model takes ", spec.features()));
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
        Evaluation result{.rows = shard.rows()};
        const auto add = [&](Block<T>& block, std::size_t first) {
          block.TakeLogLikelihood(&shard.labels(first));
          block.SubtractLogLikelihood(result.loss);
          result.wrong_rows += block.WrongRows(&shard.labels(first));
        };
        absl::Status done = ForEachBlock(spec, values, shard.features, stop, add);
        if (!done.ok()) return done;
        if (!std::isfinite(result.loss)) {
          return absl::OutOfRangeError("the model's loss on these rows is not finite");
        }
        return result;
      },
      parameters);
}

Matrix<double> Probabilities(const ModelSpec& spec, const Parameters& parameters,
                             const Matrix<double>& features) {
  Matrix<double> result = Matrix<double>::from_shape({features.shape(0), spec.classes()});
  Predictor(spec, parameters).Predict(features, features.shape(0), result);
  return result;
}

}  // namespace mlp
