// Means and their 95 % confidence intervals. Pure.
#pragma once

#include <cstddef>
#include <vector>

namespace mlp::experiment {

// Returns the t for which a variable of Student's distribution lies within +-t with probability
// 0.95. `degrees` is at least 1.
double StudentT95(std::size_t degrees);

// The mean of independent runs and its 95 % interval, mean +- half_width, by Student's t.
struct Estimate {
  std::size_t count = 0;
  double mean = 0;
  double deviation = 0;   // standard deviation of one run; 0 for fewer than two
  double half_width = 0;  // infinite for fewer than two runs: nothing is known

  double low() const { return mean - half_width; }
  double high() const { return mean + half_width; }
  bool excludes_zero() const { return count > 0 && (low() > 0 || high() < 0); }
};

// Returns the estimate; all of it is zero if there are no values.
Estimate EstimateOf(const std::vector<double>& values);

}  // namespace mlp::experiment
