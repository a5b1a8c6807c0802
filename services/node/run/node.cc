#include "services/node/run/node.h"

#include <utility>

#include "libmlp/train/training_memory.h"
#include "services/async/wait.h"
#include "services/attempt/trained.h"

namespace mlp::node {
namespace {

using async::Duration;
using async::Task;
using async::TimePoint;

// Limits for some rounds of a small model, or the last result or two of a large one.
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

Task<absl::StatusOr<AttemptOutcome>> Node::Train(TrainTask task, AttemptObserver& observer,
                                                 std::stop_token stop) {
  if (SharedTrained result = cached_.Find(task)) {
    observer.OnAccepted(0);
    observer.OnStarted(Duration::zero(), Duration::zero());
    co_return AttemptOutcome(std::move(result));
  }
  if (const auto rejection = Rejects(task)) {
    ++rejected_tasks_;
    co_return AttemptOutcome(*rejection);
  }
  if (absl::Status fits = CheckTask(task); !fits.ok()) co_return fits;
  const auto ahead = static_cast<int>(active_tasks_++);
  observer.OnAccepted(ahead);
  absl::StatusOr<AttemptOutcome> outcome = co_await TrainInLine(task, observer, std::move(stop));
  --active_tasks_;
  ended_.Notify();
  co_return outcome;
}

Task<bool> Node::Idle(std::stop_token stop) {
  while (active_tasks_ > 0) {
    const bool ended = co_await ended_.Wait(stop);
    if (!ended) co_return false;
  }
  co_return true;
}

std::optional<RejectReason> Node::Rejects(const TrainTask& task) const {
  if (draining()) return RejectReason::kShuttingDown;
  const auto own_slots = static_cast<std::size_t>(options_.slots);
  if (own_slots > 0 && active_tasks_ >= own_slots) return RejectReason::kBusy;
  // The limit is twice the slots, because tasks that were just cancelled may not have left yet. The
  // coordinator itself keeps to its slots.
  const std::size_t most = 2 * static_cast<std::size_t>(task.terms.slots);
  if (task.terms.slots > 0 && active_tasks_ >= most) return RejectReason::kBusy;
  if (task.terms.rejectable && injector_.Rejects(task.round, task.shard, task.offer)) {
    return RejectReason::kLoad;
  }
  return std::nullopt;
}

absl::Status Node::CheckTask(const TrainTask& task) {
  if (!options_.memory) return absl::OkStatus();
  constexpr std::uint64_t kRows = 1;
  constexpr int kThreads = 1;
  return CheckNeed("the task", TrainingBytes(*task.model, PrecisionOf(*task.parameters.values),
                                             task.training, kRows, kThreads));
}

absl::Status Node::CheckParameters(std::uint64_t bytes) {
  // The parameters, a copy that training changes, and its gradient.
  return CheckNeed("training these parameters", 3 * bytes);
}

// What is short now does not count while a task is held: its memory is free again when it ends, and
// the trainer looks once more when the turn of the new one has come.
absl::Status Node::CheckNeed(const char* what, std::uint64_t bytes) {
  if (active_tasks_ == 0) {
    return CheckMemoryOrDrop(what, bytes, options_.memory, [this] { trainer_.DropKept(); });
  }
  absl::Status fits = CheckMemory(what, bytes, options_.memory);
  return absl::IsUnavailable(fits) ? absl::OkStatus() : fits;
}

Task<absl::StatusOr<AttemptOutcome>> Node::TrainInLine(const TrainTask& task,
                                                       AttemptObserver& observer,
                                                       std::stop_token stop) {
  std::optional<async::FifoMutex::Ticket> ticket;  // held until the arithmetic has ended
  const absl::Status waited = co_await WaitForStart(task, ticket, observer, stop);
  if (!waited.ok()) co_return waited;
  if (stop.stop_requested()) co_return absl::CancelledError("the call was cancelled");
  absl::StatusOr<Trained> trained = co_await trainer_.Train(task, std::move(stop));
  if (!trained.ok()) co_return trained.status();
  co_return Finish(task, *std::move(trained));
}

Task<absl::Status> Node::WaitForStart(const TrainTask& task,
                                      std::optional<async::FifoMutex::Ticket>& ticket,
                                      AttemptObserver& observer, std::stop_token stop) {
  std::stop_source waiting;  // ends with the task or with the node
  const auto end_wait = [&waiting] { waiting.request_stop(); };
  const std::stop_callback on_stop(stop, end_wait);
  const std::stop_callback on_shutdown(shutdown_, end_wait);
  const bool hold_up_first = task.terms.slots > 0;

  Duration held_up{};
  bool go_on = true;
  if (hold_up_first) {
    const TimePoint begin = clock_.Now();
    go_on = co_await HoldUp(task, waiting.get_token());
    held_up = clock_.Now() - begin;
  }
  const TimePoint queued = clock_.Now();
  ticket.emplace(compute_mutex_);
  if (go_on) go_on = co_await ticket->Acquire(waiting.get_token());
  const TimePoint in_front = clock_.Now();
  if (go_on && !hold_up_first) {
    go_on = co_await HoldUp(task, waiting.get_token());
    held_up = clock_.Now() - in_front;
  }
  if (stop.stop_requested()) co_return absl::CancelledError("the call was cancelled");
  if (!go_on) co_return absl::UnavailableError("the node is shutting down");
  observer.OnStarted(in_front - queued, held_up);
  co_return absl::OkStatus();
}

// Holds the task up by injected load. False if it was stopped.
Task<bool> Node::HoldUp(const TrainTask& task, std::stop_token stop) {
  const Duration hold_up = injector_.HoldUp(task.round, task.shard);
  if (hold_up == Duration::zero()) co_return !stop.stop_requested();
  co_return co_await async::SleepFor(clock_, hold_up, std::move(stop));
}

AttemptOutcome Node::Finish(const TrainTask& task, Trained trained) {
  ++finished_tasks_;
  auto shared = std::make_shared<const Trained>(std::move(trained));
  cached_.Keep(task, shared);
  return shared;
}

}  // namespace mlp::node
