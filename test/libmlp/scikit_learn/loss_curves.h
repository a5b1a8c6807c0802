// What scikit-learn's losses are compared with: its cases, and the rows. make_loss_curves.py wrote
// them.
#pragma once

#include <vector>

#include "libmlp/data/dataset.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/train/training.h"

namespace mlp::testing {

// Learned from InitialParameters of seed 5 in float64.
struct LossCurve {
  ModelSpec spec;
  TrainingOptions options;
  std::vector<double> losses;  // of a row, after each epoch
};

std::vector<LossCurve> LossCurves();

// The rows that the script takes.
Shard LossCurveRows(bool regression);

}  // namespace mlp::testing
