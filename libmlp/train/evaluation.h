// The measure of a model's predictions for some rows.
#pragma once

#include <cstddef>

namespace mlp {

struct Evaluation {
  std::size_t rows = 0;
  // Rows whose most probable class, the first of equals, is not the label.
  std::size_t wrong_rows = 0;
  // -sum over rows of log(probability of the label + 1e-6), in nats; for regression the sum of
  // (prediction - target)^2 / 2.
  double loss = 0;
  // The sum over rows of (target - mean target)^2, in regression.
  double total_squares = 0;

  double error() const { return static_cast<double>(wrong_rows) / static_cast<double>(rows); }
  // R^2, in regression; not defined if all targets are the same.
  double r_squared() const { return 1 - 2 * loss / total_squares; }
};

}  // namespace mlp
