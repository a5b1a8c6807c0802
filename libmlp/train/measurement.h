// Measures a model on rows that come block by block: it finds the same as training.h's Evaluate on
// all of them, up to the rounding of the sums, and the confusion of classes. One thread at a time.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "libmlp/data/matrix.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/train/confusion.h"
#include "libmlp/train/evaluation.h"
#include "libmlp/train/predictor.h"

namespace mlp {

class Parameters;
struct Shard;

class Measurement {
 public:
  // Has Predictor's requirements. A model of more than kMaxConfusionClasses gets no confusion
  // matrix.
  Measurement(const ModelSpec& spec, const Parameters& parameters);

  // Errors as those of CheckShard and Evaluate.
  absl::Status Add(const Shard& rows);

  const ModelSpec& spec() const { return spec_; }
  const Evaluation& evaluation() const { return evaluation_; }
  const std::optional<Confusion>& confusion() const { return confusion_; }  // none in regression

 private:
  void AddNumbers(const Shard& rows);
  absl::Status AddClasses(const Shard& rows);

  ModelSpec spec_;
  const Parameters& parameters_;
  Predictor predictor_;
  Matrix<double> outputs_;
  Evaluation evaluation_;
  double mean_target_ = 0;
  std::optional<Confusion> confusion_;
};

}  // namespace mlp
