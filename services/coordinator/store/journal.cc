#include "services/coordinator/store/journal.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attempt/trained.h"
#include "services/coordinator/job/model.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kEventsAtOnce = 1024;
constexpr std::chrono::milliseconds kGather{1};
// Number of events of a running job that stay in memory for its watchers.
constexpr std::size_t kRecentEvents = 2048;

std::size_t BytesIn(const Parameters& parameters) { return BytesOf(parameters).size(); }

// True for the events after which a job is saved as it stands, so that no more than a round's
// events are folded again.
bool IsMilestone(const JobEvent& event) {
  return std::holds_alternative<events::StateChanged>(event.body) ||
         std::holds_alternative<events::RoundFinished>(event.body);
}

}  // namespace

Journal::Journal(async::Clock& clock, async::Workers& writer, async::Workers& readers, Store& store,
                 JobLog& log, JournalOptions options)
    : clock_(clock),
      writer_(writer),
      readers_(readers),
      store_(store),
      log_(log),
      options_(options),
      written_(clock) {}

// ---- The beginning and the end

absl::Status Journal::Open() {
  // Syncs the changes that a killed coordinator had written and not reported: they are reported
  // now.
  if (absl::Status status = store_.Sync(); !status.ok()) return status;
  absl::StatusOr<StoredState> state = store_.Load();
  if (!state.ok()) return state.status();
  last_number_ = state->last_number;
  datasets_ = std::move(state->datasets);
  imported_models_ = std::move(state->models);
  last_model_number_ = state->last_model_number;
  drained_nodes_ = std::move(state->drained_nodes);
  for (StoredJob& stored : state->jobs) {
    if (absl::Status status = Restore(std::move(stored)); !status.ok()) return status;
  }
  ForgetOldJobs();
  return absl::OkStatus();
}

absl::Status Journal::Restore(StoredJob stored) {
  const std::int64_t number = stored.job.number;
  numbers_.emplace(stored.job.id, number);
  if (!stored.job.request_id.empty()) requests_.emplace(stored.job.request_id, number);
  Entry& entry = jobs_[number];
  entry.job = std::move(stored.job);
  entry.sequence = stored.sequence;
  const bool goes_on = !IsFinal(entry.job.state);
  std::int64_t next = goes_on ? 1 : stored.sequence + 1;
  while (true) {
    const auto events = store_.Events(entry.job.id, next, kEventsAtOnce);
    if (!events.ok()) return events.status();
    if (events->empty()) break;
    for (const JobEvent& event : *events) {
      latest_time_ = std::max(latest_time_, event.time);
      if (event.sequence > entry.sequence) {
        Apply(entry.job, event);
        entry.sequence = event.sequence;
      }
      if (goes_on) log_.Append(entry.job.id, event);
    }
    next = events->back().sequence + 1;
  }
  // The state is known only now: an event may be newer than the stored job.
  if (IsFinal(entry.job.state)) ++ended_;
  entry.committed = entry.sequence;
  entry.first_recent = entry.sequence + 1;
  return absl::OkStatus();
}

async::Task<> Journal::Close() {
  closing_ = true;
  close_.request_stop();
  written_.Notify();
  co_await writing_.Join();
  co_await syncing_.Join();
}

// ---- The jobs' current state

std::optional<Job> Journal::Get(const std::string& id) const {
  const Entry* entry = Find(id);
  if (entry == nullptr) return std::nullopt;
  return entry->job;
}

std::optional<Job> Journal::FindRequest(const std::string& request_id) const {
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return std::nullopt;
  return jobs_.at(found->second).job;
}

std::vector<Job> Journal::List(std::int64_t before, std::size_t limit) const {
  std::vector<Job> page;
  for (auto it = jobs_.lower_bound(before); it != jobs_.begin() && page.size() < limit;) {
    --it;
    page.push_back(it->second.job);
  }
  return page;
}

std::vector<Job> Journal::Unfinished() const {
  std::vector<Job> unfinished;
  for (const auto& [number, entry] : jobs_) {
    if (!IsFinal(entry.job.state)) unfinished.push_back(entry.job);
  }
  return unfinished;
}

std::vector<std::string> Journal::UsersOf(const std::string& dataset) const {
  std::vector<std::string> users;
  for (const auto& [number, entry] : jobs_) {
    const Job& job = entry.job;
    if (!IsFinal(job.state) && job.spec.dataset == dataset) users.push_back(job.id);
  }
  return users;
}

Journal::Entry* Journal::Find(const std::string& id) {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? nullptr : &jobs_.at(found->second);
}

const Journal::Entry* Journal::Find(const std::string& id) const {
  return const_cast<Journal*>(this)->Find(id);
}

// ---- Changes

Job Journal::Create(Job job) {
  job.number = ++last_number_;
  job.id = absl::StrCat("job-", job.number);
  numbers_.emplace(job.id, job.number);
  if (!job.request_id.empty()) requests_.emplace(job.request_id, job.number);
  Entry& entry = jobs_[job.number];
  entry.job = std::move(job);
  Add(change::SaveJob{{entry.job, 0}}, 0);
  return entry.job;
}

void Journal::RecordAt(async::TimePoint time, const std::string& job_id, int round,
                       JobEvent::Body body) {
  Entry& entry = *Find(job_id);
  JobEvent event;
  event.sequence = ++entry.sequence;
  event.time = time;
  event.round = round;
  event.body = std::move(body);
  const bool was_final = IsFinal(entry.job.state);
  Apply(entry.job, event);
  const bool milestone = IsMilestone(event);
  entry.recent.push_back(std::make_shared<const JobEvent>(std::move(event)));
  Add(change::AppendEvent{job_id, entry.recent.back()}, 0);
  if (milestone) Add(change::SaveJob{{entry.job, entry.sequence}}, 0);
  if (was_final || !IsFinal(entry.job.state)) return;
  ++ended_;
  ForgetOldJobs();
}

void Journal::KeepShard(const std::string& job_id, int round, int shard,
                        std::shared_ptr<const ShardResult> result) {
  if (!options_.durable) return;
  const std::size_t bytes = BytesIn(*result->gradient);
  Add(change::KeepShard{job_id, round, shard, std::move(result)}, bytes);
}

void Journal::FinishRound(const std::string& job_id, int round, SharedParameters parameters,
                          int best_checkpoint) {
  if (!options_.durable) return;
  const std::size_t bytes = BytesIn(*parameters);
  Add(change::FinishRound{job_id, round, std::move(parameters),
                          round - options_.keep_checkpoints + 1, best_checkpoint},
      bytes);
}

void Journal::EndJob(const std::string& job_id, std::shared_ptr<const Model> model) {
  const std::size_t bytes = model == nullptr ? 0 : BytesIn(*model->parameters);
  Add(change::EndJob{job_id, std::move(model)}, bytes);
}

void Journal::SaveModel(ModelRecord record, std::shared_ptr<const Model> model) {
  const std::size_t bytes = BytesIn(*model->parameters);
  Add(change::SaveModel{std::move(record), std::move(model)}, bytes);
}

void Journal::Remove(const std::string& job_id) {
  const auto found = jobs_.find(numbers_.at(job_id));
  const Job& job = found->second.job;
  if (IsFinal(job.state)) --ended_;
  if (!job.request_id.empty()) requests_.erase(job.request_id);
  Add(change::RemoveJob{job.id}, 0);
  numbers_.erase(job.id);
  jobs_.erase(found);
}

void Journal::ForgetOldJobs() {
  for (auto it = jobs_.begin(); it != jobs_.end() && ended_ > options_.keep_jobs;) {
    const auto next = std::next(it);
    if (IsFinal(it->second.job.state)) Remove(std::string(it->second.job.id));
    it = next;
  }
}

// ---- Writing behind

void Journal::Add(Change change, std::size_t bytes) {
  if (closing_) return;
  pending_.push_back(std::move(change));
  pending_bytes_ += bytes;
  ++recorded_count_;
  if (writing_.running() == 0) writing_.Spawn(WritePending());
}

async::Task<> Journal::WritePending() {
  while (!pending_.empty()) {
    // Changes of one turn go together; if groups follow each other, so do changes within kGather.
    // Each group costs the loop and the writer their turns.
    co_await async::SleepUntil(clock_, std::max(clock_.Now(), group_began_ + kGather));
    group_began_ = clock_.Now();
    std::vector<Change> changes = std::exchange(pending_, {});
    pending_bytes_ = 0;
    const std::function<absl::Status()> commit = [this, &changes] {
      return store_.Commit(changes);
    };
    const absl::Status status = co_await Persist(writer_, commit, write_trouble_);
    if (!status.ok()) co_return;  // closed
    written_count_ += changes.size();
    for (Change& each : changes) {
      auto* appended = std::get_if<change::AppendEvent>(&each);
      if (appended != nullptr) unsynced_.push_back(std::move(*appended));
    }
    if (syncing_.running() == 0) syncing_.Spawn(SyncWritten());
  }
}

async::Task<> Journal::SyncWritten() {
  while (synced_count_ < written_count_) {
    const std::uint64_t count = written_count_;
    const std::vector<change::AppendEvent> events = std::exchange(unsynced_, {});
    if (options_.durable) {
      const std::function<absl::Status()> sync = [this] { return store_.Sync(); };
      const absl::Status status = co_await Persist(readers_, sync, sync_trouble_);
      if (!status.ok()) co_return;  // closed
    }
    synced_count_ = count;
    Tell(events);
  }
}

// Tries until `attempt` succeeds; returns the error if the journal is closed before.
async::Task<absl::Status> Journal::Persist(async::Workers& workers,
                                           const std::function<absl::Status()>& attempt,
                                           absl::Status& trouble) {
  while (true) {
    trouble = co_await async::Offload(workers, attempt);
    if (trouble.ok() || closing_) co_return trouble;
    written_.Notify();
    co_await async::SleepFor(clock_, kWriteAgain, close_.get_token());
  }
}

void Journal::Tell(const std::vector<change::AppendEvent>& events) {
  for (const auto& [job_id, event] : events) {
    log_.Append(job_id, *event);
    Entry* entry = Find(job_id);
    if (entry == nullptr) continue;  // removed since
    entry->committed = event->sequence;
    Trim(*entry);
  }
  written_.Notify();
}

void Journal::Trim(Entry& entry) {
  const std::size_t keep = IsFinal(entry.job.state) ? 0 : kRecentEvents;
  while (entry.recent.size() > keep && entry.first_recent <= entry.committed) {
    entry.recent.pop_front();
    ++entry.first_recent;
  }
}

async::Task<absl::Status> Journal::Committed() {
  const std::uint64_t all = recorded_count_;
  while (synced_count_ < all) {
    if (!trouble().ok()) co_return trouble();
    if (closing_) co_return absl::UnavailableError("the coordinator is shutting down");
    co_await written_.Wait();
  }
  co_return absl::OkStatus();
}

async::Task<bool> Journal::Room(std::stop_token stop) {
  const auto full = [this] {
    return !trouble().ok() || pending_.size() > kMaxPendingChanges ||
           pending_bytes_ > kMaxPendingBytes;
  };
  while (full() && !stop.stop_requested()) co_await written_.Wait(stop);
  co_return !stop.stop_requested();
}

// ---- The store's content

async::Task<absl::StatusOr<SharedEvents>> Journal::Events(std::string job_id, std::int64_t from,
                                                          std::size_t limit) {
  from = std::max<std::int64_t>(from, 1);
  const Entry* entry = Find(job_id);
  if (entry == nullptr || from > entry->committed) co_return SharedEvents();
  if (from < entry->first_recent) {
    auto read = [this, &job_id, from, limit] { return store_.Events(job_id, from, limit); };
    absl::StatusOr<std::vector<JobEvent>> events =
        co_await async::Offload(readers_, std::move(read));
    if (!events.ok()) co_return events.status();
    SharedEvents shared;
    for (JobEvent& event : *events) {
      shared.push_back(std::make_shared<const JobEvent>(std::move(event)));
    }
    co_return shared;
  }
  const auto first = entry->recent.begin() + (from - entry->first_recent);
  const std::int64_t count =
      std::min(entry->committed - from + 1, static_cast<std::int64_t>(limit));
  co_return SharedEvents(first, first + count);
}

std::int64_t Journal::last_sequence(const std::string& job_id) const {
  const Entry* entry = Find(job_id);
  return entry == nullptr ? 0 : entry->sequence;
}

async::Task<absl::StatusOr<std::shared_ptr<const Model>>> Journal::GetModel(std::string id) {
  auto read = [this, &id] { return store_.GetModel(id); };
  co_return co_await async::Offload(readers_, std::move(read));
}

async::Task<absl::StatusOr<JobProgress>> Journal::GetProgress(std::string job_id) {
  auto read = [this, &job_id] { return store_.GetProgress(job_id); };
  co_return co_await async::Offload(readers_, std::move(read));
}

}  // namespace mlp::coordinator
