// What jobs need of the world: time, workers, nodes, and where their records go.
#pragma once

#include <cstdint>
#include <optional>

#include "services/async/clock.h"
#include "services/async/workers.h"
#include "services/coordinator/run/cluster.h"
#include "services/coordinator/scheduler/types.h"
#include "services/coordinator/store/journal.h"

namespace mlp::coordinator {

// Everything outlives every job.
struct JobWorld {
  async::Clock& clock;
  async::Workers& workers;
  Cluster& cluster;
  Journal& journal;
  SchedulerWaits waits;
  // Of what policies draw; none: the seed of the job's parameters.
  std::optional<std::uint64_t> scheduler_seed;
};

}  // namespace mlp::coordinator
