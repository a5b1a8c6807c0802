// The world of jobs: time, workers, nodes, and the journal of their records.
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
  // Seeds what policies draw; none: the seed of the job's parameters does.
  std::optional<std::uint64_t> scheduler_seed;
};

}  // namespace mlp::coordinator
