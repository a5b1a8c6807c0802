// The schedule of a job's learning rate from round to round. Pure.
#pragma once

#include <cstdint>

namespace mlp::coordinator {

struct Schedule {
  enum class Kind : std::uint8_t {
    kConstant,
    kStep,    // multiplied by `factor` every `step_rounds` rounds after the warm-up
    kCosine,  // half a cosine from 1 towards 0 over the rounds after the warm-up
  };
  Kind kind = Kind::kConstant;
  int warm_up_rounds = 0;  // it rises in equal steps in these
  int step_rounds = 10;
  double factor = 0.5;
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

// The factor of the learning rate in `round`, 1 .. `rounds`; at least 0, and after many steps 0 or
// infinite. It uses only additions, products and quotients, so that it has the same bits on every
// machine.
double ScheduleFactor(const Schedule& schedule, int round, int rounds);

}  // namespace mlp::coordinator
