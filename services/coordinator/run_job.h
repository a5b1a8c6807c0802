// One job from its first parameters to its trained model.
#pragma once

#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/coordinator/cluster.h"
#include "services/coordinator/job.h"
#include "services/coordinator/journal.h"

namespace mlp::coordinator {

// The world that jobs run in. Everything outlives every job.
struct JobWorld {
  async::Clock& clock;
  async::Workers& workers;
  Cluster& cluster;
  Journal& journal;
  SchedulerWaits waits;
};

// Trains `job` on `dataset`, round after round; a round's model is validated on a worker while the
// next one trains. All events but the changes of state are recorded here. Errors: Cancelled after
// `stop`; OutOfRange where the parameters became non-finite; Aborted where a round could not be
// completed. `job` and `dataset` are left alone until it ends.
async::Task<absl::StatusOr<std::shared_ptr<const Model>>> RunJob(JobWorld world, const Job& job,
                                                                 const Dataset& dataset,
                                                                 std::stop_token stop);

}  // namespace mlp::coordinator
