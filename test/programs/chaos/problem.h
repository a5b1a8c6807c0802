// The check of a job's record, which must hold whatever happened to the job. Pure.
#pragma once

#include <string>
#include <vector>

#include "services/coordinator/job/job.h"

namespace mlp::chaos {

// Returns what is wrong with the events of a job that has succeeded: numbers with a gap or a
// repeat, a shard that was counted twice or not at all in a round, a round too few. Empty if
// nothing is.
std::string ProblemIn(const std::vector<coordinator::JobEvent>& events,
                      const coordinator::Job& job);

}  // namespace mlp::chaos
