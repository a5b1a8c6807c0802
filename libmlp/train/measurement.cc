#include "libmlp/train/measurement.h"

#include <cmath>

#include "libmlp/data/shard.h"
#include "libmlp/train/training.h"

namespace mlp {

Measurement::Measurement(const ModelSpec& spec, const Parameters& parameters)
    : spec_(spec), parameters_(parameters), predictor_(spec, parameters) {
  if (!spec.regression() && spec.classes() <= kMaxConfusionClasses) {
    confusion_.emplace(spec.classes());
  }
}

absl::Status Measurement::Add(const Shard& rows) {
  if (absl::Status status = CheckShard(spec_, rows); !status.ok()) return status;
  outputs_.resize({rows.rows(), spec_.classes()});
  predictor_.Predict(rows.features, rows.rows(), outputs_);
  if (!spec_.regression()) return AddClasses(rows);
  AddNumbers(rows);
  if (std::isfinite(evaluation_.loss)) return absl::OkStatus();
  return absl::OutOfRangeError("the model's loss on these rows is not finite");
}

// The sum of squares around a mean that moves (Welford, 1962).
void Measurement::AddNumbers(const Shard& rows) {
  for (std::size_t i = 0; i < rows.targets.size(); ++i) {
    const double difference = outputs_(i, 0) - rows.targets(i);
    evaluation_.loss += difference * difference / 2;
    ++evaluation_.rows;
    const double before = rows.targets(i) - mean_target_;
    mean_target_ += before / static_cast<double>(evaluation_.rows);
    evaluation_.total_squares += before * (rows.targets(i) - mean_target_);
  }
}

absl::Status Measurement::AddClasses(const Shard& rows) {
  const absl::StatusOr<Evaluation> more = Evaluate(spec_, parameters_, rows);
  if (!more.ok()) return more.status();
  evaluation_.rows += more->rows;
  evaluation_.wrong_rows += more->wrong_rows;
  evaluation_.loss += more->loss;
  for (std::size_t i = 0; confusion_ && i < rows.rows(); ++i) {
    confusion_->Add(static_cast<std::size_t>(rows.labels(i)), MostProbable(outputs_, i));
  }
  return absl::OkStatus();
}

}  // namespace mlp
