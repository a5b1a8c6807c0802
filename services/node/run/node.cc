#include "services/node/run/node.h"

#include <utility>

#include "services/async/wait.h"

namespace mlp::node {
namespace {

using async::Duration;
using async::Task;
using async::TimePoint;

// Some rounds of a small model, or the last result or two of a large one.
constexpr std::size_t kMaxCachedResults = 256;
constexpr std::size_t kMaxCachedResultBytes = std::size_t{64} << 20;

}  // namespace

Node::Node(NodeOptions options, async::Clock& clock, ShardTrainer& trainer,
           std::stop_token shutdown)
    : options_(std::move(options)),
      clock_(clock),
      trainer_(trainer),
      injector_(options_.load, options_.name),
      shutdown_(std::move(shutdown)),
      cached_(kMaxCachedResults, kMaxCachedResultBytes),
      compute_mutex_(clock),
      ended_(clock) {}

Task<absl::StatusOr<TaskOutcome>> Node::Train(TaskRequest request, TaskObserver& observer,
                                              std::stop_token stop) {
  if (auto kept = cached_.Find(request)) {
    co_return co_await AnswerWith(std::move(kept), observer);
  }
  if (const auto rejection = Rejects(request)) {
    ++rejected_tasks_;
    co_return TaskOutcome(*rejection);
  }
  const std::size_t ahead = active_tasks_++;
  co_await observer.OnAccepted(ahead);
  absl::StatusOr<TaskOutcome> outcome = co_await TrainInLine(request, observer, std::move(stop));
  --active_tasks_;
  ended_.Notify();
  co_return outcome;
}

Task<absl::StatusOr<TaskOutcome>> Node::AnswerWith(SharedResult kept, TaskObserver& observer) {
  co_await observer.OnAccepted(0);
  co_await observer.OnStarted(Duration::zero(), Duration::zero());
  co_return TaskOutcome(std::move(kept));
}

Task<bool> Node::Idle(std::stop_token stop) {
  while (active_tasks_ > 0) {
    const bool ended = co_await ended_.Wait(stop);
    if (!ended) co_return false;
  }
  co_return true;
}

std::optional<Rejection> Node::Rejects(const TaskRequest& request) const {
  if (draining()) return Rejection::kShuttingDown;
  const auto own_slots = static_cast<std::size_t>(options_.slots);
  if (own_slots > 0 && active_tasks_ >= own_slots) return Rejection::kBusy;
  // Tasks that were just cancelled may not have left yet, so the limit is a loose one: that of
  // the coordinator's slots is its own business.
  const std::size_t most = 2 * static_cast<std::size_t>(request.slots);
  if (request.slots > 0 && active_tasks_ >= most) return Rejection::kBusy;
  if (request.rejectable && injector_.Rejects(request.round, request.shard, request.offer)) {
    return Rejection::kLoad;
  }
  return std::nullopt;
}

Task<absl::StatusOr<TaskOutcome>> Node::TrainInLine(const TaskRequest& request,
                                                    TaskObserver& observer, std::stop_token stop) {
  std::optional<async::FifoMutex::Ticket> ticket;  // until the arithmetic has ended
  const absl::Status waited = co_await WaitForStart(request, ticket, observer, stop);
  if (!waited.ok()) co_return waited;
  if (stop.stop_requested()) co_return absl::CancelledError("the call was cancelled");
  absl::StatusOr<TaskResult> result = co_await trainer_.Train(request, std::move(stop));
  if (!result.ok()) co_return result.status();
  co_return Finish(request, *std::move(result));
}

Task<absl::Status> Node::WaitForStart(const TaskRequest& request,
                                      std::optional<async::FifoMutex::Ticket>& ticket,
                                      TaskObserver& observer, std::stop_token stop) {
  std::stop_source waiting;  // ends with the task or with the node
  const auto end_wait = [&waiting] { waiting.request_stop(); };
  const std::stop_callback on_stop(stop, end_wait);
  const std::stop_callback on_shutdown(shutdown_, end_wait);
  const bool hold_up_first = request.slots > 0;

  Duration held_up{};
  bool go_on = true;
  if (hold_up_first) {
    const TimePoint begin = clock_.Now();
    go_on = co_await HoldUp(request, waiting.get_token());
    held_up = clock_.Now() - begin;
  }
  const TimePoint queued = clock_.Now();
  ticket.emplace(compute_mutex_);
  if (go_on) go_on = co_await ticket->Acquire(waiting.get_token());
  const TimePoint in_front = clock_.Now();
  if (go_on && !hold_up_first) {
    go_on = co_await HoldUp(request, waiting.get_token());
    held_up = clock_.Now() - in_front;
  }
  if (stop.stop_requested()) co_return absl::CancelledError("the call was cancelled");
  if (!go_on) co_return absl::UnavailableError("the node is shutting down");
  co_await observer.OnStarted(in_front - queued, held_up);
  co_return absl::OkStatus();
}

// Injected load. False where it was stopped.
Task<bool> Node::HoldUp(const TaskRequest& request, std::stop_token stop) {
  const Duration hold_up = injector_.HoldUp(request.round, request.shard);
  if (hold_up == Duration::zero()) co_return !stop.stop_requested();
  co_return co_await async::SleepFor(clock_, hold_up, std::move(stop));
}

TaskOutcome Node::Finish(const TaskRequest& request, TaskResult result) {
  ++finished_tasks_;
  auto shared = std::make_shared<const TaskResult>(std::move(result));
  cached_.Keep(request, shared);
  return shared;
}

}  // namespace mlp::node
