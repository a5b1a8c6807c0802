#include "libmlp/training.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/network.h"

namespace mlp {
namespace {

// Calls visit(first row) after the forward pass of each block, in order. Cancelled after `stop`.
template <class T, class Visit>
absl::Status ForEachBlock(Network<T>& network, const Matrix<double>& features,
                          const std::stop_token& stop, Visit visit) {
  const std::size_t rows = features.shape(0);
  for (std::size_t first = 0; first < rows; first += network.block_rows()) {
    if (stop.stop_requested()) return absl::CancelledError("stopped on request");
    network.Forward(features, first, std::min(network.block_rows(), rows - first));
    visit(first);
  }
  return absl::OkStatus();
}

// The gradient of all rows, left in `network`; returns the loss.
template <class T>
absl::StatusOr<double> Differentiate(Network<T>& network, const Shard& shard,
                                     const std::stop_token& stop) {
  double loss = 0;
  absl::Status done = ForEachBlock(network, shard.features, stop, [&](std::size_t first) {
    network.SubtractLogLikelihood(&shard.labels(first), loss);
    network.Backward(&shard.labels(first));
  });
  if (!done.ok()) return done;
  return loss;
}

template <class T>
absl::StatusOr<Evaluation> Measure(Network<T>& network, const Shard& shard,
                                   const std::stop_token& stop) {
  Evaluation result{.rows = shard.rows()};
  absl::Status done = ForEachBlock(network, shard.features, stop, [&](std::size_t first) {
    network.SubtractLogLikelihood(&shard.labels(first), result.loss);
    result.wrong_rows += network.WrongRows(&shard.labels(first));
  });
  if (!done.ok()) return done;
  return result;
}

absl::Status Diverged(int epoch) {
  return absl::OutOfRangeError(absl::StrCat("loss or parameters became non-finite in epoch ", epoch,
                                            ": use a smaller learning rate"));
}

template <class T>
absl::StatusOr<TrainingResult> TrainNetwork(const ModelSpec& spec, const Vector<T>& start,
                                            const Shard& shard, const TrainingOptions& options,
                                            const std::stop_token& stop) {
  Network<T> network(spec, start, DefaultBlockRows(spec));
  double loss_before = 0;
  int steps = 0;
  for (; steps < options.epochs; ++steps) {
    absl::StatusOr<double> loss = Differentiate(network, shard, stop);
    if (!loss.ok()) return loss.status();
    if (!std::isfinite(*loss)) return Diverged(std::max(steps, 1));
    // This pass found the loss after the step before; the gradient that it found too is not used.
    const bool settled = steps > 0 && std::abs(*loss - loss_before) <= options.tolerance;
    if (options.tolerance > 0 && settled) break;
    loss_before = *loss;
    network.Step(static_cast<T>(options.learning_rate));
  }
  absl::StatusOr<Evaluation> training = Measure(network, shard, stop);
  if (!training.ok()) return training.status();
  Parameters gradient = Vector<T>(network.parameters() - start);
  if (!std::isfinite(training->loss) || !AllFinite(gradient)) return Diverged(steps);
  return TrainingResult{std::move(gradient), *training, steps};
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
                                     std::stop_token stop) {
  return std::visit(
      [&](const auto& values) { return TrainNetwork(spec, values, shard, options, stop); }, start);
}

absl::StatusOr<Evaluation> Evaluate(const ModelSpec& spec, const Parameters& parameters,
                                    const Shard& shard, std::stop_token stop) {
  return std::visit(
      [&]<class T>(const Vector<T>& values) -> absl::StatusOr<Evaluation> {
        Network<T> network(spec, values, DefaultBlockRows(spec));
        absl::StatusOr<Evaluation> result = Measure(network, shard, stop);
        if (result.ok() && !std::isfinite(result->loss)) {
          return absl::OutOfRangeError("the model's loss on these rows is not finite");
        }
        return result;
      },
      parameters);
}

Matrix<double> Probabilities(const ModelSpec& spec, const Parameters& parameters,
                             const Matrix<double>& features) {
  Matrix<double> result = Matrix<double>::from_shape({features.shape(0), spec.classes()});
  std::visit(
      [&]<class T>(const Vector<T>& values) {
        Network<T> network(spec, values, DefaultBlockRows(spec));
        const auto copy = [&](std::size_t first) {
          const std::size_t end = std::min(first + network.block_rows(), features.shape(0));
          for (std::size_t row = first; row < end; ++row) {
            std::copy_n(network.Probabilities(row - first), spec.classes(), &result(row, 0));
          }
        };
        ForEachBlock(network, features, {}, copy).IgnoreError();
      },
      parameters);
  return result;
}

}  // namespace mlp
