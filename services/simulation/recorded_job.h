// The uses of a recorded job: to replay its decisions, or to run it again, in virtual time, under
// another policy and with the same misfortunes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"
#include "services/coordinator/job/replay.h"

namespace mlp::simulation {

// The records of a job log. InvalidArgument, with the sequence number and the field, for an event
// that no coordinator writes.
absl::StatusOr<std::vector<coordinator::JobEvent>> RecordsOf(
    const std::vector<v1::JobEvent>& events);

// The trial of another policy. An option that is left out is as recorded if that fits the policy,
// else the policy's default.
struct WhatIfOptions {
  std::string policy;
  std::optional<int> slots;
  std::optional<bool> hedging;
  std::optional<std::chrono::nanoseconds> hedge_after;  // with hedging
};

// True if a coordinator tells nodes of slots under this policy. False for what is no policy's name.
bool GivesSlots(const std::string& policy);

// The course that a job took, or would take.
struct JobCourse {
  std::string policy;
  std::chrono::nanoseconds time{};  // from the scheduler's beginning to the end of the last round
  int rounds = 0;                   // that were finished
  std::int64_t attempts = 0;
  std::int64_t rejections = 0;
  std::int64_t copies = 0;     // second copies, part of the attempts
  std::int64_t cancelled = 0;  // part of the attempts
  std::int64_t failures = 0;
  std::string trouble;  // the reason why it failed; empty if it succeeded
};

struct WhatIf {
  JobCourse recorded;
  JobCourse same;   // simulated under the recorded policy: how far the simulation can be trusted
  JobCourse other;  // simulated under the other one
  // The figures of the cluster in the log: medians over the attempts that finished.
  std::chrono::nanoseconds compute_time{};
  std::chrono::nanoseconds message_time{};  // each way; all time but computing and waiting
  int nodes = 0;
  int shards = 0;
};

// Simulates as many rounds as were finished. The misfortunes are the recorded ones: nodes come and
// go when they did, and the load that each node injects follows from its profile, also for pairs of
// node and shard that were never tried. Computing takes as long as it did for that shard (median).
// Failures other than by a lost node are not simulated; a node that came back with another load
// profile has its first one. Errors: InvalidArgument if the records are not a job's (see Replay),
// no round was finished, or the options don't fit the policy.
absl::StatusOr<WhatIf> SimulateUnder(const std::vector<coordinator::JobEvent>& records,
                                     const WhatIfOptions& options);

}  // namespace mlp::simulation
