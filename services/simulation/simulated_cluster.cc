#include "services/simulation/simulated_cluster.h"

#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/kernels/kernels.h"
#include "services/async/wait.h"

namespace mlp::simulation {
namespace {

using async::Task;

// Carries the node's messages to the coordinator's observer, which gets each after the latency. The
// node goes on meanwhile; messages that are still on their way when the call ends are lost.
class Messenger final : public AttemptObserver {
 public:
  Messenger(async::Clock& clock, async::Duration latency, AttemptObserver& to)
      : clock_(clock), latency_(latency), to_(to) {}
  ~Messenger() override {
    clock_.Cancel(accepted_);
    clock_.Cancel(started_);
  }
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;

  void OnAccepted(int queued_behind) override {
    accepted_ = Send([this, queued_behind] { to_.OnAccepted(queued_behind); });
  }
  void OnStarted(std::chrono::nanoseconds queued_for,
                 std::chrono::nanoseconds held_up_for) override {
    started_ = Send([this, queued_for, held_up_for] { to_.OnStarted(queued_for, held_up_for); });
  }

 private:
  async::Clock::TimerId Send(std::function<void()> message) {
    return clock_.Schedule(clock_.Now() + latency_, std::move(message));
  }

  async::Clock& clock_;
  const async::Duration latency_;
  AttemptObserver& to_;
  async::Clock::TimerId accepted_ = 0;
  async::Clock::TimerId started_ = 0;
};

}  // namespace

SimulatedCluster::SimulatedCluster(async::Clock& clock, async::Workers& workers,
                                   async::Duration latency)
    : clock_(clock),
      workers_(workers),
      latency_(latency),
      membership_(std::string(ArithmeticId())) {}

int SimulatedCluster::AddNode(SimulatedNodeOptions options) {
  const int number = membership_.Add(options.name);
  options_.push_back(std::move(options));
  processes_.push_back(nullptr);
  return number;
}

void SimulatedCluster::Start(int node) {
  const auto index = static_cast<std::size_t>(node);
  processes_[index] = std::make_shared<Process>(options_[index], clock_, workers_);
  coordinator::NodeIdentity identity;
  identity.name = options_[index].name;
  identity.instance_id = absl::StrCat("process-", ++started_);
  identity.arithmetic = std::string(ArithmeticId());
  const node::LoadProfile& load = options_[index].load;
  identity.load = coordinator::NodeLoad{load.probability, load.delay, load.seed};
  membership_.Answered(node, identity);
  if (observer_ != nullptr) observer_->OnNodeJoined(node, identity.name);
}

void SimulatedCluster::Crash(int node) {
  const auto index = static_cast<std::size_t>(node);
  const std::shared_ptr<Process> process = std::exchange(processes_[index], nullptr);
  if (process == nullptr) return;
  membership_.Lost(node, "crashed");
  process->crash.request_stop();
  if (observer_ != nullptr) observer_->OnNodeLeft(node, options_[index].name, "crashed");
}

Task<absl::StatusOr<AttemptOutcome>> SimulatedCluster::TrainShard(
    int node, std::shared_ptr<const TrainTask> task, AttemptObserver& observer,
    std::stop_token stop) {
  co_await async::SleepFor(clock_, latency_);
  const std::shared_ptr<Process> process = processes_[static_cast<std::size_t>(node)];
  if (process == nullptr) co_return absl::UnavailableError("connection refused");

  std::stop_source end;  // of the call, by either side
  const auto request_end = [&end] { end.request_stop(); };
  const std::stop_callback on_stop(stop, request_end);
  const std::stop_callback on_crash(process->crash.get_token(), request_end);
  Messenger messenger(clock_, latency_, observer);
  TrainTask received = *task;
  const std::stop_token end_token = end.get_token();
  absl::StatusOr<AttemptOutcome> outcome =
      co_await process->simulated.node.Train(std::move(received), messenger, end_token);
  if (process->crash.stop_requested()) co_return absl::UnavailableError("connection lost");
  // A call that the coordinator cancelled ends there at once, as a cancelled gRPC call does.
  if (!stop.stop_requested()) co_await async::SleepFor(clock_, latency_);
  co_return outcome;
}

}  // namespace mlp::simulation
