// The winners among several copies of a task. Pure.
#pragma once

#include <vector>

#include "cli/timeline/attempt.h"

namespace mlp::cli::timeline {

// Sets `race` of every attempt: kNone if no other copy ran beside it. A copy that its node rejected
// never ran.
void DecideRaces(std::vector<Attempt>& attempts);

}  // namespace mlp::cli::timeline
