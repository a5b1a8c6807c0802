// A coordinator and its simulated nodes in a virtual time of their own: for experiments, replays
// and tests. Thousands of simulated seconds pass in an instant, and the same world always takes the
// same course.
//
// Single-threaded; worlds share nothing, so any number of them may run side by side. An event that
// is to happen at a given time, such as a crash, is scheduled on clock().
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/coordinator/run/coordinator.h"
#include "services/coordinator/store/memory_store.h"
#include "services/simulation/simulated_cluster.h"

namespace mlp::simulation {

struct SimulatedWorldOptions {
  std::vector<SimulatedNodeOptions> nodes;
  bool nodes_up = true;  // false: they are down until cluster().Start(number)
  async::Duration message_time = std::chrono::microseconds(500);  // each way
  coordinator::LoadDataset load_dataset;
  coordinator::SchedulerWaits waits;
  std::optional<std::uint64_t> scheduler_seed;  // of the policies' draws; none: the job's seed
};

class SimulatedWorld {
 public:
  explicit SimulatedWorld(SimulatedWorldOptions options);
  // Stops the coordinator; events that were scheduled on the clock still happen.
  ~SimulatedWorld();
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  async::VirtualClock& clock() { return clock_; }
  SimulatedCluster& cluster() { return cluster_; }  // node n is options.nodes[n]
  coordinator::Coordinator& coordinator() { return coordinator_; }

  // Calls Coordinator::Create and waits for its end.
  absl::StatusOr<coordinator::Job> Create(coordinator::JobSpec spec, std::string request_id = "");
  // Runs the world until the job has ended, nothing more can happen by itself, or `stop` was
  // requested, which another thread may do. Returns the job, which must exist, as it is then; all
  // events of a job that has ended are there.
  coordinator::Job Finish(const std::string& id, const std::stop_token& stop = {});
  // Does both. Errors are those of Create.
  absl::StatusOr<coordinator::Job> RunJob(coordinator::JobSpec spec,
                                          const std::stop_token& stop = {});
  // All events of the job so far, in order.
  std::vector<coordinator::JobEvent> Events(const std::string& id);

 private:
  // Notes which jobs have ended.
  class Ended final : public coordinator::JobLog {
   public:
    void Append(const std::string& job_id, const coordinator::JobEvent& event) override;
    bool contains(const std::string& job_id) const { return ids_.contains(job_id); }

   private:
    std::set<std::string> ids_;
  };

  async::Task<> Ask(coordinator::JobSpec spec, std::string request_id,
                    std::optional<absl::StatusOr<coordinator::Job>>& answer);

  // The order of these members matters: later ones refer to earlier ones.
  async::VirtualClock clock_;
  async::InlineWorkers workers_;
  SimulatedCluster cluster_;
  coordinator::MemoryStore store_;
  Ended ended_;
  coordinator::Journal journal_;
  coordinator::Coordinator coordinator_;
  std::stop_source stop_;
  async::TaskGroup flows_;
};

}  // namespace mlp::simulation
