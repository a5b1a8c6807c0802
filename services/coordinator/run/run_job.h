// Runs one job from its first parameters to its trained model.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/run/job_world.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator {

struct Dataset;
struct Model;
class RoundRunner;

// The stage of a running job. RunJob keeps it up to date for callers that ask between its turns.
struct JobStage {
  enum class Phase : std::uint8_t {
    kTraining,    // `round`; `runner` knows more
    kValidating,  // waits for `round`'s validation; with a runner, for the round's before
    kCancelling   // trained, stopped or failed; attempts are still out
  };
  Phase phase = Phase::kTraining;
  int round = 1;
  const RoundRunner* runner = nullptr;
  async::TimePoint since;  // begin of the phase

  void Enter(Phase next, async::TimePoint now) {
    phase = next;
    since = now;
  }
};

// Trains `job` on `dataset`, round after round, from where `progress` leaves it. Its nodes first
// get time to come back. A worker validates a round's model while the next round trains. It records
// all events but the changes of state. Errors: Cancelled after `stop`; OutOfRange if the parameters
// became non-finite; Aborted if a round could not be completed; DataLoss if `progress` lacks the
// parameters that the job stands at. Nothing else may change `job`, `dataset` and `stage` until it
// ends.
async::Task<absl::StatusOr<std::shared_ptr<const Model>>> RunJob(JobWorld world, const Job& job,
                                                                 const Dataset& dataset,
                                                                 JobProgress progress,
                                                                 JobStage& stage,
                                                                 std::stop_token stop);

}  // namespace mlp::coordinator
