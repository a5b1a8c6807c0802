// Explains to people what a round waits for: the scheduler's facts in sentences.
#pragma once

#include "services/coordinator/job/explanation.h"
#include "services/coordinator/scheduler/explanation.h"

namespace mlp::coordinator {

// The sentences do not name the job and the round; the caller adds these.
Explanation ExplainRound(const RoundFacts& facts);

}  // namespace mlp::coordinator
