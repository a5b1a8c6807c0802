// One job from its first parameters to its trained model.
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

// Where a running job stands. RunJob keeps it up to date for whoever asks between its turns.
struct JobStage {
  enum class Phase : std::uint8_t {
    kTraining,    // `round`; `runner` knows more
    kValidating,  // after `round`, and waits for it; with a runner the model before that round's
    kCancelling   // trained, stopped or failed; attempts are still out
  };
  Phase phase = Phase::kTraining;
  int round = 1;
  const RoundRunner* runner = nullptr;
  async::TimePoint since;  // of the phase

  void Enter(Phase next, async::TimePoint now) {
    phase = next;
    since = now;
  }
};

// Trains `job` on `dataset`, round after round, from where `progress` leaves it, after the nodes
// that it had have had time to come back; a round's model is
// validated on a worker while the next one trains. All events but the changes of state are recorded
// here. Errors: Cancelled after `stop`; OutOfRange where the parameters became non-finite; Aborted
// where a round could not be completed; DataLoss where `progress` lacks the parameters that the job
// stands at. `job` and `dataset` are left alone until it ends, and so is `stage`, which it changes.
async::Task<absl::StatusOr<std::shared_ptr<const Model>>> RunJob(JobWorld world, const Job& job,
                                                                 const Dataset& dataset,
                                                                 JobProgress progress,
                                                                 JobStage& stage,
                                                                 std::stop_token stop);

}  // namespace mlp::coordinator
