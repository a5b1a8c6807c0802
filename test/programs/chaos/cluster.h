// The coordinator's side of the simulated network: the production Membership, with calls that may
// be cut, delayed, or delivered twice, and a peer whose silence only its lease reveals.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/coordinator/membership/membership.h"
#include "services/coordinator/run/cluster.h"
#include "test/programs/chaos/network.h"
#include "test/programs/chaos/node_process.h"

namespace mlp::chaos {

// The world's data about a node's machine.
struct Machine {
  simulation::SimulatedNodeOptions options;
  Link link;
  std::shared_ptr<NodeProcess> process;  // nullptr: none runs
  double slowness = 1;                   // factor of computing time
};

class ChaosCluster final : public coordinator::Cluster {
 public:
  // `self` is the coordinator's process, which owns the cluster; `machines` outlive both.
  ChaosCluster(Process& self, Network& network, std::vector<std::unique_ptr<Machine>>& machines);
  // Sets the process that answers are sent to.
  void SetAddress(std::weak_ptr<Process> self) { address_ = std::move(self); }

  // Called when a node's heartbeat has arrived.
  void OnHeartbeat(std::size_t machine, const std::shared_ptr<NodeProcess>& process);
  // Called when the connection to that process is gone, and this end notices.
  void OnReset(const NodeProcess* process, const std::string& why);
  // Ends leases until the process stops.
  async::Task<> WatchLeases(std::stop_token stop);

  const std::vector<coordinator::NodeStatus>& nodes() const override { return membership_.nodes(); }
  void SetObserver(coordinator::MembershipObserver* observer) override { observer_ = observer; }
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const TrainTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token stop) override;

 private:
  struct Peer {
    std::size_t machine = 0;
    std::shared_ptr<NodeProcess> process;  // nullptr: not connected
    Calls calls;
  };

  void CarryOutChanges();
  static void Disconnect(Peer& peer, const std::string& why);
  void SendRequest(const std::shared_ptr<Call>& call, const Peer& peer, const TrainTask& task);

  Process& self_;
  std::weak_ptr<Process> address_;
  Network& network_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  coordinator::Membership membership_;
  coordinator::MembershipObserver* observer_ = nullptr;
  std::vector<Peer> peers_;  // sorted by node number
};

}  // namespace mlp::chaos
