// Shows a job to the user until it has ended, then its summary.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

class JobClient;

struct FollowOptions {
  std::int64_t from = 1;  // number of the first event
  // The time when this client submitted the job; none if another client did.
  std::optional<std::chrono::steady_clock::time_point> submitted;
};

// Shows progress in one line redrawn in place on a terminal, in lines elsewhere, or as one JSON
// object per event; then shows the summary. Returns the exit code of the program: 0 for a job that
// succeeded. After kExitInterrupted the job goes on, and the caller says what becomes of it.
int Follow(const Session& session, JobClient& client, const v1::Job& job,
           const FollowOptions& options);

// OK if `now`, which the coordinator calls by the job's id, is that job. NotFound if it is not: a
// coordinator that was restarted without its state counts its jobs from 1 again. Any other error is
// `now`'s own.
absl::Status CheckSame(const v1::Job& job, const absl::StatusOr<v1::GetJobResponse>& now);

// Tells the user how to watch or cancel a job that goes on.
void SayDetached(const Session& session, const v1::Job& job);

}  // namespace mlp::cli
