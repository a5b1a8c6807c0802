#include "libmlp/train/training.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/train/batches.h"
#include "libmlp/train/block.h"
#include "libmlp/train/network.h"
#include "libmlp/train/predictor.h"

namespace mlp {
namespace {

// Forward passes of block after block, with no more memory than for one of them. After each calls
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
  const bool batches = options.solver != Solver::kDescent;
  if (batches) {
    network_options.batch_rows =
        std::min(static_cast<std::size_t>(options.batches.batch_size), shard.rows());
  }
  Network<T> network(spec, start, shard, network_options);
  const absl::StatusOr<BatchesResult> trained =
      batches ? TrainBatches(network, spec, shard, options, stop)
              : TrainAllRows(network, options, stop);
  if (!trained.ok()) return trained.status();
  network.parameters() -= start;
  Parameters gradient = std::move(network.parameters());
  if (!std::isfinite(trained->training.loss) || !AllFinite(gradient)) {
    return Diverged(trained->epochs_run);
  }
  return TrainingResult{std::move(gradient), trained->training, trained->epochs_run};
}

absl::Status CheckShare(const char* name, double value) {
  if (value >= 0 && value < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " must be 0 or more and less than 1, is ", value));
}

absl::Status CheckNotNegative(const char* name, double value) {
  if (value >= 0 && std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " must be finite and 0 or more, is ", value));
}

absl::Status CheckPositive(const char* name, double value) {
  if (value > 0 && std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " must be finite and greater than 0, is ", value));
}

absl::Status CheckClassWeights(const std::vector<double>& weights, std::size_t classes) {
  if (classes > 0 && !weights.empty() && weights.size() != classes) {
    return absl::InvalidArgumentError(absl::StrCat("batches.class_weights has ", weights.size(),
                                                   " numbers, the data has ", classes, " classes"));
  }
  for (const double weight : weights) {
    if (absl::Status status = CheckNotNegative("batches.class_weights", weight); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view ArithmeticId() { return "mlp-3"; }

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

std::string_view SolverName(Solver solver) {
  switch (solver) {
    case Solver::kDescent:
      return "descent";
    case Solver::kSgd:
      return "sgd";
    case Solver::kAdam:
      return "adam";
  }
  return "";
}

absl::Status CheckTrainingOptions(const TrainingOptions& options, std::size_t classes) {
  const BatchOptions& batches = options.batches;
  if (options.solver == Solver::kDescent) {
    if (batches == BatchOptions{}) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "batches are for solvers sgd and adam; choose one of them, or leave them out");
  }
  absl::Status status;
  if (batches.batch_size < 1) {
    status = absl::InvalidArgumentError(
        absl::StrCat("batches.batch_size must be 1 or more, is ", batches.batch_size));
  }
  status.Update(CheckShare("batches.momentum", batches.momentum));
  status.Update(CheckShare("batches.beta_1", batches.beta_1));
  status.Update(CheckShare("batches.beta_2", batches.beta_2));
  status.Update(CheckPositive("batches.epsilon", batches.epsilon));
  status.Update(CheckNotNegative("batches.alpha", batches.alpha));
  status.Update(CheckShare("batches.dropout", batches.dropout));
  status.Update(CheckNotNegative("batches.clip_norm", batches.clip_norm));
  status.Update(CheckShare("batches.label_smoothing", batches.label_smoothing));
  status.Update(CheckClassWeights(batches.class_weights, classes));
  return status;
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
