#include "services/coordinator/coordinator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kEventsAtOnce = 256;
constexpr const char* kShutDown = "the coordinator was shut down";
constexpr auto kFullQueueRetry = std::chrono::seconds(5);

absl::Status NoSuchJob(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("no job \"", id, "\" is known; `mlp-client jobs` lists them"));
}

absl::Status CheckRequest(const JobSpec& spec, const std::string& request_id) {
  if (request_id.size() > kMaxRequestIdLength) {
    return FieldError("request_id", absl::StrCat("has ", request_id.size(), " characters; at most ",
                                                 kMaxRequestIdLength, " are allowed"));
  }
  return CheckJobSpec(spec);
}

}  // namespace

Coordinator::Coordinator(async::Clock& clock, async::Workers& workers, Cluster& cluster,
                         Store& store, JobLog& log, LoadDataset load_dataset, SchedulerWaits waits,
                         std::optional<std::uint64_t> scheduler_seed)
    : world_{clock, workers, cluster, journal_, waits, scheduler_seed},
      store_(store),
      journal_(clock, store, log),
      load_dataset_(std::move(load_dataset)),
      queued_(clock) {}

async::Task<absl::StatusOr<Job>> Coordinator::Create(JobSpec spec, std::string request_id) {
  if (absl::Status status = CheckRequest(spec, request_id); !status.ok()) co_return status;
  absl::StatusOr<std::optional<Job>> repeated = Repeated(spec, request_id);
  if (!repeated.ok()) co_return repeated.status();
  if (repeated->has_value()) co_return **std::move(repeated);
  if (absl::Status status = CheckRoom(); !status.ok()) co_return status;

  auto load = [this, name = spec.dataset] { return load_dataset_(name); };
  absl::StatusOr<std::shared_ptr<const Dataset>> dataset =
      co_await async::Offload(world_.workers, std::move(load));
  if (!dataset.ok()) co_return AtField("spec.dataset", dataset.status());

  absl::StatusOr<std::shared_ptr<Pending>> admitted =
      Admit(std::move(spec), std::move(request_id), *std::move(dataset));
  if (!admitted.ok()) co_return admitted.status();
  co_return Get((*admitted)->job.id);
}

absl::StatusOr<std::shared_ptr<Coordinator::Pending>> Coordinator::Admit(
    JobSpec spec, std::string request_id, std::shared_ptr<const Dataset> dataset) {
  auto pending = std::make_shared<Pending>();
  // The same request, or others, may have come while the data was read.
  absl::StatusOr<std::optional<Job>> repeated = Repeated(spec, request_id);
  if (!repeated.ok()) return repeated.status();
  if (repeated->has_value()) {
    pending->job = **std::move(repeated);
    return pending;
  }
  if (absl::Status status = CheckRoom(); !status.ok()) return status;
  absl::StatusOr<ModelSpec> model = ModelFor(spec, dataset->features, dataset->classes);
  if (!model.ok()) return model.status();

  Job job;
  job.request_id = std::move(request_id);
  job.spec = std::move(spec);
  job.model = *std::move(model);
  job.shards = dataset->shards.size();
  job.training_rows = dataset->training_rows();
  job.create_time = world_.clock.Now();
  pending->job = store_.Create(std::move(job));
  pending->dataset = std::move(dataset);
  ChangeState(pending->job.id, JobState::kPending, QueuedBehind(PlaceOf(queue_.size())));
  queue_.push_back(pending);
  queued_.Notify();
  return pending;
}

absl::StatusOr<std::optional<Job>> Coordinator::Repeated(const JobSpec& spec,
                                                         const std::string& request_id) const {
  if (request_id.empty()) return std::nullopt;
  std::optional<Job> job = store_.FindRequest(request_id);
  if (!job || job->spec == spec) return job;
  return absl::AlreadyExistsError(absl::StrCat("request_id \"", request_id, "\" was used for ",
                                               job->id,
                                               " with another specification; choose a new one"));
}

absl::Status Coordinator::CheckRoom() const {
  if (queue_.size() < kMaxPendingJobs) return absl::OkStatus();
  return WithRetryAfter(absl::ResourceExhaustedError(
                            absl::StrCat("the queue is full: ", queue_.size(),
                                         " jobs are pending, which is the limit; try again later")),
                        kFullQueueRetry);
}

absl::StatusOr<Job> Coordinator::Get(const std::string& id) const {
  std::optional<Job> job = store_.Get(id);
  if (!job) return NoSuchJob(id);
  return *std::move(job);
}

std::vector<Job> Coordinator::List(std::int64_t before, std::size_t limit) const {
  return store_.List(before, limit);
}

absl::StatusOr<Job> Coordinator::Cancel(const std::string& id) {
  if (running_ != nullptr && running_->job.id == id) {
    running_->stop.request_stop();
  } else if (const auto found = std::ranges::find_if(
                 queue_, [&](const auto& pending) { return pending->job.id == id; });
             found != queue_.end()) {
    queue_.erase(found);
    ChangeState(id, JobState::kCancelled, "cancelled before it began");
    NotePlaces();
  }
  return Get(id);
}

absl::StatusOr<Explanation> Coordinator::Explain(const std::string& id) const {
  absl::StatusOr<Job> job = Get(id);
  if (!job.ok()) return job.status();
  const TimePoint now = world_.clock.Now();
  if (IsFinal(job->state)) return ExplainEnded(*job, now);
  if (running_ != nullptr && running_->job.id == id) {
    return ExplainRunning(*job, running_->stage, running_->stop.stop_requested(), now);
  }
  const auto found =
      std::ranges::find_if(queue_, [&](const auto& pending) { return pending->job.id == id; });
  return ExplainPending(*job, PlaceOf(static_cast<std::size_t>(found - queue_.begin())), now);
}

QueuePlace Coordinator::PlaceOf(std::size_t index) const {
  QueuePlace place;
  for (std::size_t i = 0; i < index; ++i) place.ahead.push_back(queue_[i]->job.id);
  if (running_ == nullptr) return place;
  place.running = running_->job.id;
  place.stands_at =
      absl::StrCat("round ", running_->stage.round, " of ", running_->job.spec.rounds);
  return place;
}

void Coordinator::NotePlaces() {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const std::string& id = queue_[i]->job.id;
    std::string place = QueuedBehind(PlaceOf(i));
    const std::optional<Job> job = store_.Get(id);
    if (job && job->detail != place) ChangeState(id, JobState::kPending, std::move(place));
  }
}

absl::StatusOr<std::vector<JobEvent>> Coordinator::EventsSoFar(const std::string& id,
                                                               std::int64_t from) const {
  if (!store_.Get(id)) return NoSuchJob(id);
  return store_.Events(id, from, kEventsAtOnce);
}

async::Task<absl::StatusOr<std::vector<JobEvent>>> Coordinator::NextEvents(std::string id,
                                                                           std::int64_t from,
                                                                           std::stop_token stop) {
  while (true) {
    const std::optional<Job> job = store_.Get(id);
    if (!job) co_return NoSuchJob(id);
    std::vector<JobEvent> events = store_.Events(id, from, kEventsAtOnce);
    if (!events.empty() || IsFinal(job->state)) co_return events;
    const bool recorded = co_await journal_.recorded().Wait(stop);
    if (!recorded) co_return absl::CancelledError("watch ended");
  }
}

absl::StatusOr<std::shared_ptr<const Model>> Coordinator::GetModel(const std::string& id) const {
  absl::StatusOr<Job> job = Get(id);
  if (!job.ok()) return job.status();
  std::shared_ptr<const Model> model = store_.GetModel(id);
  if (model == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(id, " has no model: it is ",
                                                      JobStateName(job->state),
                                                      "; only a job that SUCCEEDED has one"));
  }
  return model;
}

async::Task<> Coordinator::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (queue_.empty()) {
      co_await queued_.Wait(stop);
      continue;
    }
    std::shared_ptr<Pending> next = queue_.front();
    queue_.pop_front();
    co_await RunOne(std::move(next), stop);
  }
  for (const auto& pending : std::exchange(queue_, {})) {
    ChangeState(pending->job.id, JobState::kCancelled, kShutDown);
  }
}

async::Task<> Coordinator::RunOne(std::shared_ptr<Pending> pending, std::stop_token stop) {
  running_ = pending;
  const std::stop_callback forward(stop, [pending] { pending->stop.request_stop(); });
  const std::string id = pending->job.id;
  ChangeState(id, JobState::kRunning);
  NotePlaces();
  const absl::StatusOr<std::shared_ptr<const Model>> model = co_await RunJob(
      world_, pending->job, *pending->dataset, pending->stage, pending->stop.get_token());
  running_ = nullptr;
  if (model.ok()) {
    store_.PutModel(id, *model);
    ChangeState(id, JobState::kSucceeded, "", (*model)->digest);
  } else if (absl::IsCancelled(model.status())) {
    ChangeState(id, JobState::kCancelled,
                stop.stop_requested() ? kShutDown : "cancelled on request");
  } else {
    ChangeState(id, JobState::kFailed, std::string(model.status().message()));
  }
}

void Coordinator::ChangeState(const std::string& id, JobState state, std::string detail,
                              std::string digest) {
  journal_.Record(id, 0, events::StateChanged{state, std::move(detail), std::move(digest)});
}

}  // namespace mlp::coordinator
