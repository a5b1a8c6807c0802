// Decides which changes fit a job as it stands: every store refuses the same ones, in the same
// words.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace mlp::coordinator {

// The progress of a stored job.
struct JobReach {
  std::int64_t sequence = 0;  // its last event's; 0: none
  int open_round = 1;
  bool ended = false;
};

absl::Status ChangeOfUnknownJob(const std::string& job_id);
// Checks the next event's sequence number. Internal if it would leave a gap or be there twice.
absl::Status CheckNextEvent(const std::string& job_id, const JobReach& job, std::int64_t sequence);
// True if a shard of that round is of use.
inline bool IsOpen(const JobReach& job, int round) { return !job.ended && round == job.open_round; }

}  // namespace mlp::coordinator
