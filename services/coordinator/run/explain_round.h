// What a round waits for, told to people: the scheduler's facts in sentences.
#pragma once

#include "services/coordinator/job/explanation.h"
#include "services/coordinator/scheduler/explanation.h"

namespace mlp::coordinator {

// Without the job and the round, which the reader must be told, too.
Explanation ExplainRound(const RoundFacts& facts);

}  // namespace mlp::coordinator
