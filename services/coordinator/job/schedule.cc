#include "services/coordinator/job/schedule.h"

#include <algorithm>
#include <numbers>

namespace mlp::coordinator {
namespace {

// Returns (1 + cos(pi x)) / 2 for x in [0, 1], by the Taylor series of the sine: within 1e-13.
double HalfCosine(double x) {
  const double t = std::numbers::pi * (0.5 - x);
  double term = t, sine = t;
  for (int n = 2; n <= 18; n += 2) {
    term = -term * t * t / (n * (n + 1));
    sine = sine + term;
  }
  return std::max((1 + sine) / 2, 0.0);
}

}  // namespace

double ScheduleFactor(const Schedule& schedule, int round, int rounds) {
  if (round <= schedule.warm_up_rounds) {
    return static_cast<double>(round) / schedule.warm_up_rounds;
  }
  const int done = round - schedule.warm_up_rounds - 1;  // rounds since the warm-up
  switch (schedule.kind) {
    case Schedule::Kind::kConstant:
      return 1;
    case Schedule::Kind::kStep: {
      double factor = 1;
      for (int step = 0; step < done / schedule.step_rounds; ++step) factor *= schedule.factor;
      return factor;
    }
    case Schedule::Kind::kCosine:
      return HalfCosine(static_cast<double>(done) / (rounds - schedule.warm_up_rounds));
  }
  return 1;
}

}  // namespace mlp::coordinator
