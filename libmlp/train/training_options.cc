#include "libmlp/train/training_options.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

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

absl::StatusOr<Solver> ParseSolver(std::string_view name) {
  std::string known;
  for (const Solver solver : kSolvers) {
    if (name == SolverName(solver)) return solver;
    absl::StrAppend(&known, known.empty() ? "" : ", ", AbslView(SolverName(solver)));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown solver '", AbslView(name), "': there are ", known));
}

bool TrainsBatches(Solver solver) {
  switch (solver) {
    case Solver::kDescent:
      return false;
    case Solver::kSgd:
    case Solver::kAdam:
      return true;
  }
  return false;
}

std::string BatchSolverNames() {
  std::vector<std::string> names;
  for (const Solver solver : kSolvers) {
    if (TrainsBatches(solver)) names.emplace_back(SolverName(solver));
  }
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    absl::StrAppend(&text, i + 1 < names.size() ? ", " : " and ", names[i]);
  }
  return text;
}

absl::Status CheckTrainingOptions(const TrainingOptions& options, std::size_t classes) {
  const BatchOptions& batches = options.batches;
  if (!TrainsBatches(options.solver)) {
    if (batches == BatchOptions{}) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("batches are for solvers ", BatchSolverNames(),
                                                   "; choose one of them, or leave them out"));
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

}  // namespace mlp
