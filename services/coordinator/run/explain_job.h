// Explains to people what a job waits for, in sentences that name the job. Loop thread only.
#pragma once

#include <string>
#include <vector>

#include "services/coordinator/job/explanation.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/run/run_job.h"

namespace mlp::coordinator {

// Explains a running job that stands at `stage`; `stopping`: it was asked to stop.
Explanation ExplainRunning(const Job& job, const JobStage& stage, bool stopping, TimePoint now);

// The jobs that a queued job waits behind.
struct QueuePlace {
  std::string running;             // the id of the job that runs; empty: none
  std::string stands_at;           // "round 7 of 30"
  std::vector<std::string> ahead;  // jobs that are queued before it, the first one first
};
Explanation ExplainPending(const Job& job, const QueuePlace& place, TimePoint now);
// Returns a queued job's detail, "queued behind job-1"; empty if no job is before it.
std::string QueuedBehind(const QueuePlace& place);

// Explains a job that has ended.
Explanation ExplainEnded(const Job& job, TimePoint now);

}  // namespace mlp::coordinator
