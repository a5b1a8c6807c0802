// The cases and the rows with which scikit-learn's losses are compared. make_loss_curves.py wrote
// them.
#pragma once

#include <vector>

#include "libmlp/model/model_spec.h"
#include "libmlp/train/training_options.h"

namespace mlp {
struct Shard;
}  // namespace mlp

namespace mlp::testing {

// The losses of training from InitialParameters of seed 5 in float64.
struct LossCurve {
  ModelSpec spec;
  TrainingOptions options;
  std::vector<double> losses;  // loss of a row, after each epoch
};

std::vector<LossCurve> LossCurves();

// Returns the rows that the script takes.
Shard LossCurveRows(bool regression);

}  // namespace mlp::testing
