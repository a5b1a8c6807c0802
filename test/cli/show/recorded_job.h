// A small job with some misfortune: two rounds of two shards, a wait, a node lost in mid-round.
#pragma once

#include <vector>

#include "mlp/v1/job.pb.h"

namespace mlp::cli {

// "job-1", PENDING, submitted at 12:00:00.
v1::Job SubmittedJob();
// The same, SUCCEEDED at 12:00:10.
v1::Job FinishedJob();
// Its events, from sequence number 1 on.
std::vector<v1::JobEvent> RecordedEvents();

}  // namespace mlp::cli
