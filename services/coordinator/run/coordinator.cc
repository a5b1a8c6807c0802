#include "services/coordinator/run/coordinator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
#include "services/base/retry_after.h"
#include "services/coordinator/job/dataset.h"
#include "services/coordinator/job/job_memory.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/run/admission.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kEventsAtOnce = 1024;
constexpr const char* kShutDown = "the coordinator was shut down";
constexpr auto kFullQueueRetry = std::chrono::seconds(5);
constexpr auto kReadAgain = std::chrono::seconds(2);

absl::Status JobNotFound(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("no job \"", id, "\" is known; `mlp-client jobs` lists them"));
}

absl::Status NoSuchModel(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("no model \"", id, "\" is known; `mlp-client model ls` lists them"));
}

absl::Status NoModelYet(const Job& job) {
  return absl::FailedPreconditionError(absl::StrCat(job.id, " has no model: it is ",
                                                    JobStateName(job.state),
                                                    "; only a job that SUCCEEDED has one"));
}

}  // namespace

Coordinator::Coordinator(async::Clock& clock, async::Workers& workers, Cluster& cluster,
                         Journal& journal, LoadDataset load_dataset, SchedulerWaits waits,
                         std::optional<std::uint64_t> scheduler_seed, LookAtMemory memory)
    : world_{clock, workers, cluster, journal, waits, scheduler_seed},
      journal_(journal),
      imported_models_(clock, journal),
      reading_model_(clock),
      load_dataset_(std::move(load_dataset)),
      memory_(std::move(memory)),
      queued_(clock) {
  for (Job& job : journal_.Unfinished()) {
    auto pending = std::make_shared<Pending>();
    pending->job = std::move(job);
    queue_.push_back(std::move(pending));
  }
}

async::Task<absl::StatusOr<Job>> Coordinator::Create(JobSpec spec, std::string request_id) {
  if (absl::Status status = CheckRequest(spec, request_id); !status.ok()) co_return status;
  absl::StatusOr<std::optional<Job>> repeated = Repeated(spec, request_id);
  if (!repeated.ok()) co_return repeated.status();
  std::string id;
  if (repeated->has_value()) {
    id = (*repeated)->id;
  } else {
    if (absl::Status status = CheckRoom(); !status.ok()) co_return status;
    ++being_read_;
    const absl::StatusOr<std::shared_ptr<Pending>> admitted =
        co_await ReadAndAdmit(std::move(spec), std::move(request_id));
    --being_read_;
    if (!admitted.ok()) co_return admitted.status();
    id = (*admitted)->job.id;
  }
  // The job may be there from an earlier request, and not be written yet.
  const absl::Status committed = co_await journal_.Committed();
  if (!committed.ok()) co_return WithRetryAfter(committed, kStoreRetry);
  co_return Get(id);
}

async::Task<absl::StatusOr<std::shared_ptr<Coordinator::Pending>>> Coordinator::ReadAndAdmit(
    JobSpec spec, std::string request_id) {
  auto load = WithinMemory("the dataset", [this, &spec] { return load_dataset_(spec.dataset); });
  absl::StatusOr<std::shared_ptr<const Dataset>> dataset =
      co_await async::Offload(world_.workers, std::move(load));
  if (!dataset.ok()) co_return AtField("spec.dataset", dataset.status());
  std::shared_ptr<const Model> initial;
  if (!spec.initial_model.empty()) {
    absl::StatusOr<std::shared_ptr<const Model>> model = co_await GetModel(spec.initial_model);
    if (!model.ok()) co_return AtField("spec.initial_model", model.status());
    auto convert =
        WithinMemory("the initial model", [&model, &spec] { return InitialFrom(**model, spec); });
    absl::StatusOr<std::shared_ptr<const Model>> converted =
        co_await async::Offload(world_.workers, std::move(convert));
    if (!converted.ok()) co_return converted.status();
    initial = *std::move(converted);
  }
  co_return Admit(std::move(spec), std::move(request_id), *std::move(dataset), std::move(initial));
}

absl::StatusOr<std::shared_ptr<Coordinator::Pending>> Coordinator::Admit(
    JobSpec spec, std::string request_id, std::shared_ptr<const Dataset> dataset,
    std::shared_ptr<const Model> initial) {
  auto pending = std::make_shared<Pending>();
  // The same request, or others, may have come while the data was read.
  absl::StatusOr<std::optional<Job>> repeated = Repeated(spec, request_id);
  if (!repeated.ok()) return repeated.status();
  if (repeated->has_value()) {
    pending->job = **std::move(repeated);
    return pending;
  }
  const Output output = dataset->regression() ? Output::kIdentity : Output::kSoftmax;
  absl::StatusOr<ModelSpec> model = ModelFor(spec, dataset->features, dataset->classes, output);
  if (!model.ok()) return model.status();
  if (absl::Status status = CheckFit(spec, *model, *dataset, initial.get()); !status.ok()) {
    return status;
  }
  // What is short now may not be when the job's turn has come.
  const absl::Status fits =
      CheckMemory("the job on the coordinator", CoordinatorBytes(spec, *model), memory_);
  if (absl::IsResourceExhausted(fits)) {
    return FieldError("spec.hidden_layer_sizes", std::string(fits.message()));
  }

  Job job;
  job.request_id = std::move(request_id);
  job.spec = std::move(spec);
  job.model = *std::move(model);
  job.shards = dataset->shards.size();
  job.training_rows = dataset->training_rows();
  job.dataset_digest = dataset->digest();
  job.create_time = world_.clock.Now();
  pending->job = journal_.Create(std::move(job));
  if (initial != nullptr) {
    // The other job may be removed from now on.
    journal_.FinishRound(pending->job.id, 0, initial->parameters);
    if (!journal_.durable()) pending->initial = initial->parameters;
  }
  pending->dataset = std::move(dataset);
  ChangeState(pending->job.id, JobState::kPending, QueuedBehind(PlaceOf(queue_.size())));
  queue_.push_back(pending);
  queued_.Notify();
  return pending;
}

absl::StatusOr<std::optional<Job>> Coordinator::Repeated(const JobSpec& spec,
                                                         const std::string& request_id) const {
  if (request_id.empty()) return std::nullopt;
  std::optional<Job> job = journal_.FindRequest(request_id);
  if (!job || job->spec == spec) return job;
  return absl::AlreadyExistsError(absl::StrCat("request_id \"", request_id, "\" was used for ",
                                               job->id,
                                               " with another specification; choose a new one"));
}

absl::Status Coordinator::CheckRoom() const {
  if (!journal_.trouble().ok()) return WithRetryAfter(journal_.trouble(), kStoreRetry);
  if (queue_.size() + being_read_ < kMaxPendingJobs) return absl::OkStatus();
  return WithRetryAfter(absl::ResourceExhaustedError(
                            absl::StrCat("the queue is full: ", queue_.size() + being_read_,
                                         " jobs are pending, which is the limit; try again later")),
                        kFullQueueRetry);
}

absl::StatusOr<Job> Coordinator::Get(const std::string& id) const {
  std::optional<Job> job = journal_.Get(id);
  if (!job) return JobNotFound(id);
  return WithPauseDetail(*std::move(job));
}

std::vector<Job> Coordinator::List(std::int64_t before, std::size_t limit) const {
  std::vector<Job> jobs = journal_.List(before, limit);
  for (Job& job : jobs) job = WithPauseDetail(std::move(job));
  return jobs;
}

// Watchers cannot hear of the trouble yet, because they get only written events.
Job Coordinator::WithPauseDetail(Job job) const {
  if (journal_.trouble().ok() || job.state != JobState::kRunning) return job;
  job.detail = absl::StrCat("paused: ", journal_.trouble().message());
  return job;
}

async::Task<absl::Status> Coordinator::Remove(std::string id) {
  const std::optional<Job> job = journal_.Get(id);
  if (!job) co_return JobNotFound(id);
  if (!IsFinal(job->state)) {
    co_return absl::FailedPreconditionError(
        absl::StrCat(id, " is ", JobStateName(job->state),
                     "; only a job that has ended can be removed: mlp-client cancel ", id));
  }
  journal_.Remove(id);
  co_return co_await journal_.Committed();
}

absl::StatusOr<Job> Coordinator::Cancel(const std::string& id) {
  if (running_ != nullptr && running_->job.id == id) {
    running_->cancelled = true;
    running_->stop.request_stop();
  } else if (const auto found = std::ranges::find_if(
                 queue_, [&](const auto& pending) { return pending->job.id == id; });
             found != queue_.end()) {
    queue_.erase(found);
    ChangeState(id, JobState::kCancelled, "cancelled before it began");
    UpdateQueuePositions();
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

void Coordinator::UpdateQueuePositions() {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const std::string& id = queue_[i]->job.id;
    std::string place = QueuedBehind(PlaceOf(i));
    const std::optional<Job> job = journal_.Get(id);
    if (job && job->detail != place) ChangeState(id, JobState::kPending, std::move(place));
  }
}

async::Task<absl::StatusOr<SharedEvents>> Coordinator::EventsSoFar(std::string id,
                                                                   std::int64_t from) {
  if (!journal_.Get(id)) co_return JobNotFound(id);
  co_return co_await journal_.Events(std::move(id), from, kEventsAtOnce);
}

async::Task<absl::StatusOr<SharedEvents>> Coordinator::NextEvents(std::string id, std::int64_t from,
                                                                  std::stop_token stop) {
  while (true) {
    const std::optional<Job> job = journal_.Get(id);
    if (!job) co_return JobNotFound(id);
    absl::StatusOr<SharedEvents> events = co_await journal_.Events(id, from, kEventsAtOnce);
    if (!events.ok() || !events->empty() || Delivered(*job, from)) co_return events;
    if (stopping_ || journal_.closed()) {
      co_return absl::UnavailableError(
          "the coordinator is shutting down; the job goes on when it is started again");
    }
    const bool written = co_await journal_.written().Wait(stop);
    if (!written) co_return absl::CancelledError("watch ended");
  }
}

bool Coordinator::Delivered(const Job& job, std::int64_t from) const {
  return IsFinal(job.state) && from > journal_.last_sequence(job.id);
}

absl::StatusOr<std::string> Coordinator::ModelVersion(const std::string& id) const {
  if (const ModelRecord* imported = imported_models_.Find(id)) {
    return absl::StrCat("import ", imported->number);
  }
  const absl::StatusOr<Job> job = Get(id);
  if (!job.ok()) return NoSuchModel(id);
  if (job->state == JobState::kSucceeded) return job->model_digest;
  return NoModelYet(*job);
}

async::Task<absl::StatusOr<std::shared_ptr<const Model>>> Coordinator::GetModel(std::string id) {
  const absl::StatusOr<std::string> version = ModelVersion(id);
  if (!version.ok()) co_return version.status();
  std::shared_ptr<const Model> known = models_.Find(id, *version);
  if (known != nullptr) co_return known;
  // One is read at a time: whoever wants the same one then finds it.
  async::FifoMutex::Ticket turn(reading_model_);
  co_await turn.Acquire({});
  known = models_.Find(id, *version);
  if (known != nullptr) co_return known;
  // The model's job may have ended a moment ago.
  const absl::Status committed = co_await journal_.Committed();
  if (!committed.ok()) co_return committed;
  absl::StatusOr<std::shared_ptr<const Model>> model = co_await journal_.GetModel(id);
  if (model.ok() && *model == nullptr) co_return NoSuchModel(id);  // removed meanwhile
  if (model.ok()) models_.Add(id, *version, *model);
  co_return model;
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
  if (!journal_.durable()) {
    for (const auto& pending : std::exchange(queue_, {})) {
      ChangeState(pending->job.id, JobState::kCancelled, kShutDown);
    }
  }
  // Watchers learn how their jobs ended; a store that fails now has said so.
  (co_await journal_.Committed()).IgnoreError();
  stopping_ = true;
  co_await journal_.Close();
}

async::Task<> Coordinator::RunOne(std::shared_ptr<Pending> pending, std::stop_token stop) {
  running_ = pending;
  const std::stop_callback forward(stop, [pending] { pending->stop.request_stop(); });
  const absl::StatusOr<std::shared_ptr<const Model>> model = co_await Resume(*pending);
  running_ = nullptr;
  End(*pending, model, stop.stop_requested());
}

async::Task<absl::StatusOr<std::shared_ptr<const Model>>> Coordinator::Resume(Pending& pending) {
  const std::string id = pending.job.id;
  JobProgress progress;
  if (pending.job.state == JobState::kRunning) {
    absl::StatusOr<JobProgress> stored = co_await journal_.GetProgress(id);
    if (!stored.ok()) co_return stored.status();
    progress = *std::move(stored);
    journal_.Record(
        id, 0, events::Resumed{pending.job.rounds_done, static_cast<int>(progress.shards.size())});
  } else {
    ChangeState(id, JobState::kRunning);
    if (!pending.job.spec.initial_model.empty()) {
      if (pending.initial == nullptr) {
        const absl::Status committed = co_await journal_.Committed();
        if (!committed.ok()) co_return committed;
        absl::StatusOr<JobProgress> stored = co_await journal_.GetProgress(id);
        if (!stored.ok()) co_return stored.status();
        progress = *std::move(stored);
      } else {
        progress.rounds[0] = std::move(pending.initial);
      }
    }
  }
  UpdateQueuePositions();
  if (pending.dataset == nullptr) {
    const absl::Status read = co_await ReadAgain(pending);
    if (!read.ok()) co_return read;
  }
  co_return co_await RunJob(world_, pending.job, *pending.dataset, std::move(progress),
                            pending.stage, pending.stop.get_token());
}

async::Task<absl::Status> Coordinator::ReadAgain(Pending& pending) {
  const std::string& id = pending.job.id;
  std::string told;
  while (true) {
    auto load = WithinMemory("the dataset",
                             [this, &pending] { return load_dataset_(pending.job.spec.dataset); });
    absl::StatusOr<std::shared_ptr<const Dataset>> dataset =
        co_await async::Offload(world_.workers, std::move(load));
    if (dataset.ok()) {
      if (!told.empty()) journal_.Record(id, 0, events::Waiting{});
      if ((*dataset)->digest() != pending.job.dataset_digest) {
        co_return absl::FailedPreconditionError(
            absl::StrCat("dataset ", pending.job.spec.dataset,
                         " has changed since the job was created; submit the job again"));
      }
      pending.dataset = *std::move(dataset);
      co_return absl::OkStatus();
    }
    std::string reason = absl::StrCat("cannot read the dataset: ", dataset.status().message());
    if (reason != told) journal_.Record(id, 0, events::Waiting{reason});
    told = std::move(reason);
    const bool go_on = co_await async::SleepFor(world_.clock, kReadAgain, pending.stop.get_token());
    if (!go_on) co_return absl::CancelledError("cancelled");
  }
}

void Coordinator::End(const Pending& pending,
                      const absl::StatusOr<std::shared_ptr<const Model>>& model, bool stopping) {
  const std::string& id = pending.job.id;
  // The job goes on after a restart if nobody has cancelled it.
  const bool put_off = stopping && journal_.durable() && !pending.cancelled;
  if (put_off && absl::IsCancelled(model.status())) return;
  journal_.EndJob(id, model.ok() ? *model : nullptr);
  if (model.ok()) {
    ChangeState(id, JobState::kSucceeded, "", (*model)->digest);
  } else if (absl::IsCancelled(model.status())) {
    ChangeState(id, JobState::kCancelled, pending.cancelled ? "cancelled on request" : kShutDown);
  } else {
    ChangeState(id, JobState::kFailed, std::string(model.status().message()));
  }
}

void Coordinator::ChangeState(const std::string& id, JobState state, std::string detail,
                              std::string digest) {
  journal_.Record(id, 0, events::StateChanged{state, std::move(detail), std::move(digest)});
}

}  // namespace mlp::coordinator
