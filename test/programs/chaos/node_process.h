// A compute node in the simulated world: the real Node, its calls and its lease.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "services/async/inline_workers.h"
#include "services/simulation/simulated_node.h"
#include "test/programs/chaos/network.h"

namespace mlp::chaos {

// One TrainShard call, seen from both ends.
struct Call {
  Call(std::int64_t id, async::Clock& coordinator_clock) : id(id), changed(coordinator_clock) {}

  const std::int64_t id;

  // The coordinator's end. `observer` is null once it has ended there.
  AttemptObserver* observer = nullptr;
  std::optional<absl::StatusOr<AttemptOutcome>> outcome;
  async::Signal changed;
  // The node's end.
  std::stop_source stop;
  // Messages of one call arrive in order.
  async::TimePoint request_arrival;  // arrival at the node
  async::TimePoint last_arrival;     // arrival at the coordinator

  void End(absl::StatusOr<AttemptOutcome> how) {
    if (outcome) return;
    observer = nullptr;
    outcome = std::move(how);
    changed.Notify();
  }
};

// Sorts calls in the order in which they began: an order by address would differ from run to run.
struct ById {
  bool operator()(const std::shared_ptr<Call>& a, const std::shared_ptr<Call>& b) const {
    return a->id < b->id;
  }
};
using Calls = std::set<std::shared_ptr<Call>, ById>;

class NodeProcess final : public Process {
 public:
  NodeProcess(async::VirtualClock& world, async::Duration ahead,
              const simulation::SimulatedNodeOptions& options, std::string instance)
      : Process(world, ahead),
        instance_id(std::move(instance)),
        workers_(clock),
        simulated_(options, clock, workers_) {}

  node::Node& node() { return simulated_.node; }

  const std::string instance_id;
  Calls calls;  // calls that are open at this end

 private:
  async::InlineWorkers workers_;
  simulation::SimulatedNode simulated_;
};

}  // namespace mlp::chaos
