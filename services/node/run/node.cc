#include "services/node/run/node.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/shard.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"

namespace mlp::node {
namespace {

using async::Duration;
using async::Task;
using async::TimePoint;

// Some rounds of a small model, or the last result or two of a large one.
constexpr std::size_t kMaxCachedResults = 256;
constexpr std::size_t kMaxCachedResultBytes = std::size_t{64} << 20;

// Takes less time than waking a worker would: about 20 microseconds of arithmetic, three products
// of the rows and the parameters an epoch.
bool IsBrief(const Shard& shard, const TaskRequest& request) {
  constexpr double kBriefMultiplications = 100'000;
  return 3.0 * static_cast<double>(shard.rows()) *
             static_cast<double>(SizeOf(*request.parameters)) * request.options.epochs <=
         kBriefMultiplications;
}

absl::StatusOr<TrainingResult> TrainOn(const Shard& shard, const TaskRequest& request,
                                       const std::stop_token& stop, int threads) {
  const absl::Status fits = CheckShard(request.model, shard);
  if (!fits.ok()) {
    return WithContext(request.data.path(), absl::FailedPreconditionError(fits.message()));
  }
  return mlp::Train(request.model, *request.parameters, shard, request.options, stop, threads);
}

}  // namespace

Node::Node(NodeOptions options, async::Clock& clock, async::Workers& workers,
           std::stop_token shutdown, ShardSource* source)
    : options_(std::move(options)),
      clock_(clock),
      workers_(workers),
      injector_(options_.load, options_.name),
      shutdown_(std::move(shutdown)),
      source_(source),
      cache_(options_.memory_bytes),
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
  co_return co_await Compute(request, stop);
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

Task<absl::StatusOr<TaskOutcome>> Node::Compute(const TaskRequest& request, std::stop_token stop) {
  const TimePoint began = clock_.Now();
  const bool go_on = co_await PassComputeTime(request, stop);
  if (!go_on) co_return absl::CancelledError("the call was cancelled");
  if (options_.synthetic_workload.synthetic) {
    TaskResult synthetic{SyntheticTraining(request.model, PrecisionOf(*request.parameters),
                                           request.round, request.shard),
                         clock_.Now() - began, Duration::zero()};
    co_return Finish(request, std::move(synthetic));
  }
  const absl::StatusOr<LoadedShard> loaded = co_await FindShard(request.data, stop);
  if (!loaded.ok()) co_return loaded.status();
  absl::StatusOr<TrainingResult> trained = co_await TrainOnLoaded(*loaded->shard, request, stop);
  if (!trained.ok()) co_return trained.status();
  TaskResult result{*std::move(trained), clock_.Now() - began - loaded->load_time,
                    loaded->load_time};
  co_return Finish(request, std::move(result));
}

Task<absl::StatusOr<TrainingResult>> Node::TrainOnLoaded(const Shard& shard,
                                                         const TaskRequest& request,
                                                         std::stop_token stop) {
  if (IsBrief(shard, request)) co_return TrainOn(shard, request, stop, 1);
  auto train = [&shard, &request, &stop, threads = options_.threads] {
    return TrainOn(shard, request, stop, threads);
  };
  co_return co_await async::Offload(workers_, std::move(train));
}

TaskOutcome Node::Finish(const TaskRequest& request, TaskResult result) {
  ++finished_tasks_;
  auto shared = std::make_shared<const TaskResult>(std::move(result));
  cached_.Keep(request, shared);
  return shared;
}

Task<bool> Node::PassComputeTime(const TaskRequest& request, std::stop_token stop) {
  if (!options_.synthetic_workload.compute_time) co_return !stop.stop_requested();
  const Duration takes = options_.synthetic_workload.compute_time(request.round, request.shard);
  co_return co_await async::SleepFor(clock_, takes, std::move(stop));
}

Task<absl::StatusOr<Node::LoadedShard>> Node::FindShard(const ShardReference& reference,
                                                        std::stop_token stop) {
  LoadedShard loaded;
  loaded.shard = cache_.Find(reference.parsed_as());
  if (loaded.shard != nullptr) co_return loaded;
  const TimePoint started = clock_.Now();
  absl::StatusOr<std::shared_ptr<const Shard>> shard = co_await ReadShard(reference);
  if (source_ != nullptr && absl::IsFailedPrecondition(shard.status())) {
    shard = co_await FetchShard(reference, std::move(stop));
  }
  if (!shard.ok()) co_return shard.status();
  cache_.Insert(reference.parsed_as(), *shard);
  loaded.shard = *std::move(shard);
  loaded.load_time = clock_.Now() - started;
  co_return loaded;
}

Task<absl::StatusOr<std::shared_ptr<const Shard>>> Node::ReadShard(
    const ShardReference& reference) {
  if (!options_.data_dir) {
    co_return absl::FailedPreconditionError(
        absl::StrCat(reference.path(),
                     ": this node has neither a data directory nor a coordinator "
                     "to fetch from; start it with --coordinator"));
  }
  auto load = [this, &reference] { return LoadShard(*options_.data_dir, reference); };
  co_return co_await async::Offload(workers_, std::move(load));
}

Task<absl::StatusOr<std::shared_ptr<const Shard>>> Node::FetchShard(const ShardReference& reference,
                                                                    std::stop_token stop) {
  const absl::StatusOr<std::string> text =
      co_await source_->Fetch(reference.sha256, std::move(stop));
  if (!text.ok()) co_return WithContext(reference.path(), text.status());
  auto parse = [&text, &reference] { return ParseShardFile(*text, reference); };
  co_return co_await async::Offload(workers_, std::move(parse));
}

}  // namespace mlp::node
