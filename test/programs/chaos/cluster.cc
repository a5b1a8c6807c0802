#include "test/programs/chaos/cluster.h"

#include <algorithm>
#include <utility>

#include "libmlp/kernels/kernels.h"
#include "services/async/wait.h"

namespace mlp::chaos {
namespace {

using async::Task;
using namespace std::chrono_literals;

// Sends a change to the coordinator's end of a call.
using Answer = std::function<void(std::function<void(Call&)>)>;

// Reports the node's progress to the coordinator's end of a call, a message later.
class Messenger final : public AttemptObserver {
 public:
  explicit Messenger(Answer send) : send_(std::move(send)) {}

  void OnAccepted(int queued_behind) override {
    send_([queued_behind](Call& call) { call.observer->OnAccepted(queued_behind); });
  }
  void OnStarted(std::chrono::nanoseconds queued_for,
                 std::chrono::nanoseconds held_up_for) override {
    send_([queued_for, held_up_for](Call& call) {
      call.observer->OnStarted(queued_for, held_up_for);
    });
  }

 private:
  const Answer send_;
};

// Serves the node's end of a call: from the request's arrival to its last message.
Task<> Serve(std::shared_ptr<NodeProcess> self, std::shared_ptr<Call> call, TrainTask task,
             Answer send) {
  self->calls.insert(call);
  Messenger messenger(send);
  const std::stop_token stop = call->stop.get_token();
  absl::StatusOr<AttemptOutcome> outcome =
      co_await self->node().Train(std::move(task), messenger, stop);
  self->calls.erase(call);
  send([outcome](Call& to) { to.End(outcome); });
}

}  // namespace

ChaosCluster::ChaosCluster(Process& self, Network& network,
                           std::vector<std::unique_ptr<Machine>>& machines)
    : self_(self),
      network_(network),
      machines_(machines),
      membership_(std::string(ArithmeticId())) {}

void ChaosCluster::OnHeartbeat(std::size_t machine, const std::shared_ptr<NodeProcess>& process) {
  const simulation::SimulatedNodeOptions& options = machines_[machine]->options;
  coordinator::NodeHeartbeat heartbeat;
  heartbeat.name = options.name;
  heartbeat.instance_id = process->instance_id;
  heartbeat.address = options.name + ":9091";
  heartbeat.arithmetic = std::string(ArithmeticId());
  const absl::StatusOr<int> node = membership_.Heartbeat(self_.clock.Now(), heartbeat);
  CarryOutChanges();
  if (!node.ok()) return;  // another process has taken its place
  peers_.resize(membership_.nodes().size());
  Peer& peer = peers_[static_cast<std::size_t>(*node)];
  peer.machine = machine;
  if (std::exchange(peer.process, process) == process) return;
  // The coordinator dials back, and the node says who it is.
  coordinator::NodeIdentity identity;
  identity.name = options.name;
  identity.instance_id = process->instance_id;
  identity.arithmetic = heartbeat.arithmetic;
  for (node::CachedResults::Name& name : process->node().cached_results().Names()) {
    identity.cached_results.push_back({std::move(name.job_id), name.round, name.shard});
  }
  membership_.Answered(*node, std::move(identity));
  CarryOutChanges();
}

void ChaosCluster::OnReset(const NodeProcess* process, const std::string& why) {
  for (std::size_t node = 0; node < peers_.size(); ++node) {
    if (peers_[node].process == nullptr || peers_[node].process.get() != process) continue;
    Disconnect(peers_[node], why);
    membership_.Lost(static_cast<int>(node), why);
    CarryOutChanges();
  }
}

Task<> ChaosCluster::WatchLeases(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const async::TimePoint soon = self_.clock.Now() + 250ms;
    const async::TimePoint next = std::min(membership_.NextExpiry().value_or(soon), soon);
    co_await async::SleepUntil(self_.clock, next, stop);
    membership_.Expire(self_.clock.Now());
    CarryOutChanges();
  }
}

void ChaosCluster::CarryOutChanges() {
  using What = coordinator::NodeChange::What;
  for (const coordinator::NodeChange& change : membership_.TakeChanges()) {
    if (change.what == What::kGone) {
      const auto node = static_cast<std::size_t>(change.node);
      if (node < peers_.size()) Disconnect(peers_[node], change.reason);
    } else if (observer_ != nullptr && change.what == What::kJoined) {
      observer_->OnNodeJoined(change.node, change.name);
    } else if (observer_ != nullptr && change.what == What::kLeft) {
      observer_->OnNodeLeft(change.node, change.name, change.reason);
    }
  }
}

void ChaosCluster::Disconnect(Peer& peer, const std::string& why) {
  peer.process = nullptr;
  for (const auto& call : std::exchange(peer.calls, {})) call->End(absl::UnavailableError(why));
}

Task<absl::StatusOr<AttemptOutcome>> ChaosCluster::TrainShard(int node,
                                                              std::shared_ptr<const TrainTask> task,
                                                              AttemptObserver& observer,
                                                              std::stop_token stop) {
  const auto number = static_cast<std::size_t>(node);
  const auto call = std::make_shared<Call>(network_.NextCall(), self_.clock);
  if (peers_[number].process == nullptr) co_return absl::UnavailableError("not connected");
  call->observer = &observer;
  membership_.AttemptBegan(node);
  peers_[number].calls.insert(call);
  SendRequest(call, peers_[number], *task);
  if (network_.Doubles()) SendRequest(call, peers_[number], *task);
  const std::shared_ptr<NodeProcess> process = peers_[number].process;
  while (!call->outcome && !stop.stop_requested()) co_await call->changed.Wait(stop);
  peers_[number].calls.erase(call);
  call->End(absl::CancelledError("cancelled"));
  membership_.AttemptEnded(self_.clock.Now(), node,
                           call->outcome->ok() ? coordinator::Membership::AttemptEnd::kFinished
                                               : coordinator::Membership::AttemptEnd::kFailed);
  if (!self_.alive) co_return *call->outcome;
  // Tells the node if it does not know yet.
  Machine& machine = *machines_[peers_[number].machine];
  network_.SendInStream(
      process, machine.link.from_coordinator_cut, machine.link,
      [call] { call->stop.request_stop(); }, call->request_arrival);
  co_return *call->outcome;
}

void ChaosCluster::SendRequest(const std::shared_ptr<Call>& call, const Peer& peer,
                               const TrainTask& task) {
  if (!self_.alive) return;
  Machine& machine = *machines_[peer.machine];
  const std::shared_ptr<NodeProcess> process = peer.process;
  const auto answer = [this, call, process, &machine,
                       to = address_](std::function<void(Call&)> message) {
    if (!process->alive || to.expired()) return;
    auto hear = [call, message = std::move(message)] {
      if (!call->outcome) message(*call);
    };
    call->last_arrival = network_.SendInStream(to, machine.link.to_coordinator_cut, machine.link,
                                               std::move(hear), call->last_arrival);
  };
  auto begin = [process, call, answer, task] {
    process->tasks.Spawn(Serve(process, call, task, answer));
  };
  call->request_arrival = network_.SendInStream(process, machine.link.from_coordinator_cut,
                                                machine.link, std::move(begin), {});
}

}  // namespace mlp::chaos
