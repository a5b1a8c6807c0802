// A cluster without network, processes or real time: the coordinator's flows run on the nodes' own
// flows, with messages that take virtual time and nodes that crash and return on command.
//
// Only the transport is simulated; injected load, queues, rejections and arithmetic are those of
// the real node. The same program takes the same course every time. Single-threaded.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "services/async/clock.h"
#include "services/async/workers.h"
#include "services/coordinator/membership/membership.h"
#include "services/coordinator/run/cluster.h"
#include "services/simulation/simulated_node.h"

namespace mlp::simulation {

class SimulatedCluster final : public coordinator::Cluster {
 public:
  // A message takes `latency` each way.
  SimulatedCluster(async::Clock& clock, async::Workers& workers, async::Duration latency);

  // Adds a node that is down; returns its number.
  int AddNode(SimulatedNodeOptions options);
  // The node, which must be down, joins as a new process.
  void Start(int node);
  // The node vanishes with all it holds: its attempts fail with Unavailable. Does nothing if the
  // node is down.
  void Crash(int node);

  const std::vector<coordinator::NodeStatus>& nodes() const override { return membership_.nodes(); }
  void SetObserver(coordinator::MembershipObserver* observer) override { observer_ = observer; }
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const TrainTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token stop) override;

 private:
  // One life of a node, from Start to Crash.
  struct Process {
    Process(const SimulatedNodeOptions& options, async::Clock& clock, async::Workers& workers)
        : simulated(options, clock, workers) {}
    std::stop_source crash;
    SimulatedNode simulated;
  };

  async::Clock& clock_;
  async::Workers& workers_;
  const async::Duration latency_;
  coordinator::Membership membership_;
  coordinator::MembershipObserver* observer_ = nullptr;
  std::vector<SimulatedNodeOptions> options_;        // by node number
  std::vector<std::shared_ptr<Process>> processes_;  // by node number; nullptr: down
  int started_ = 0;
};

}  // namespace mlp::simulation
