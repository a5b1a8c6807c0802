// What a job waits for, told to people: sentences that name the job. Loop thread only.
#pragma once

#include <string>
#include <vector>

#include "services/coordinator/job/explanation.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/run/run_job.h"

namespace mlp::coordinator {

// A job that runs and stands at `stage`; `stopping`: it was asked to stop.
Explanation ExplainRunning(const Job& job, const JobStage& stage, bool stopping, TimePoint now);

// What a queued job waits behind.
struct QueuePlace {
  std::string running;             // the id of the job that runs; empty: none
  std::string stands_at;           // "round 7 of 30"
  std::vector<std::string> ahead;  // jobs that are queued before it, the first one first
};
Explanation ExplainPending(const Job& job, const QueuePlace& place, TimePoint now);
// For a queued job's detail: "queued behind job-1"; empty where there is nothing before it.
std::string QueuedBehind(const QueuePlace& place);

// A job that has ended.
Explanation ExplainEnded(const Job& job, TimePoint now);

}  // namespace mlp::coordinator
