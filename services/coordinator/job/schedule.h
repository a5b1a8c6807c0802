// How a job's learning rate goes from round to round. Pure.
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
  int warm_up_rounds = 0;  // in which it rises in equal steps
  int step_rounds = 10;
  double factor = 0.5;
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

// What the learning rate is multiplied by in `round`, 1 .. `rounds`; at least 0, and far enough in
// steps 0 or infinite. Additions,
// products and quotients only, so that it has the same bits on every machine.
double ScheduleFactor(const Schedule& schedule, int round, int rounds);

}  // namespace mlp::coordinator
