#include "services/experiment/statistics.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace mlp::experiment {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Returns the probability of 0 .. t, by Simpson's rule on x = sqrt(n) tan(u), which turns the
// density into c cos^(n - 1) u: smooth and bounded for every n.
double HalfProbability(double t, double n) {
  constexpr int kIntervals = 2000;  // even
  const double end = std::atan(t / std::sqrt(n));
  const double step = end / kIntervals;
  double sum = 1 + std::pow(std::cos(end), n - 1);
  for (int i = 1; i < kIntervals; ++i) {
    sum += (i % 2 == 1 ? 4 : 2) * std::pow(std::cos(i * step), n - 1);
  }
  const double scale = std::exp(std::lgamma((n + 1) / 2) - std::lgamma(n / 2)) / std::sqrt(kPi);
  return scale * sum * step / 3;
}

}  // namespace

double StudentT95(std::size_t degrees) {
  const auto n = static_cast<double>(degrees);
  double low = 1.9;    // below the normal distribution's 1.96
  double high = 12.8;  // above 12.71, that of one degree of freedom
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (HalfProbability(middle, n) < 0.475 ? low : high) = middle;
  }
  return high;
}

Estimate EstimateOf(const std::vector<double>& values) {
  Estimate estimate;
  estimate.count = values.size();
  if (values.empty()) return estimate;
  const auto n = static_cast<double>(values.size());
  estimate.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) {
    estimate.half_width = std::numeric_limits<double>::infinity();
    return estimate;
  }
  double squares = 0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.deviation = std::sqrt(squares / (n - 1));
  estimate.half_width = StudentT95(values.size() - 1) * estimate.deviation / std::sqrt(n);
  return estimate;
}

}  // namespace mlp::experiment
