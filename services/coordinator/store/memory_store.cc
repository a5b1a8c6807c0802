#include "services/coordinator/store/memory_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/attempt/trained.h"

namespace mlp::coordinator {

// Checks all changes before the first one is made, so that none has to be undone; it follows how
// far each job would get.
class MemoryStore::Check {
 public:
  explicit Check(const Jobs& jobs) : jobs_(jobs) {}

  absl::Status operator()(const change::SaveJob& change) {
    std::optional<JobReach>& reach = Reach(change.job.job.id);
    if (!reach) reach.emplace();
    return absl::OkStatus();
  }
  absl::Status operator()(const change::AppendEvent& change) {
    std::optional<JobReach>& reach = Reach(change.job_id);
    if (!reach) return ChangeOfUnknownJob(change.job_id);
    const absl::Status status = CheckNextEvent(change.job_id, *reach, change.event->sequence);
    ++reach->sequence;
    return status;
  }
  absl::Status operator()(const change::KeepShard&) { return absl::OkStatus(); }
  absl::Status operator()(const change::FinishRound& change) {
    std::optional<JobReach>& reach = Reach(change.job_id);
    if (!reach) return ChangeOfUnknownJob(change.job_id);
    reach->open_round = change.round + 1;
    return absl::OkStatus();
  }
  absl::Status operator()(const change::EndJob& change) {
    std::optional<JobReach>& reach = Reach(change.job_id);
    if (!reach) return ChangeOfUnknownJob(change.job_id);
    reach->ended = true;
    return absl::OkStatus();
  }
  absl::Status operator()(const change::RemoveJob& change) {
    Reach(change.job_id).reset();
    return absl::OkStatus();
  }
  absl::Status operator()(const change::SaveDataset&) { return absl::OkStatus(); }
  absl::Status operator()(const change::RemoveDataset&) { return absl::OkStatus(); }
  absl::Status operator()(const change::SaveModel&) { return absl::OkStatus(); }
  absl::Status operator()(const change::RemoveModel&) { return absl::OkStatus(); }
  absl::Status operator()(const change::DrainNode&) { return absl::OkStatus(); }

 private:
  // Returns nullopt if there is no such job.
  std::optional<JobReach>& Reach(const std::string& job_id) {
    const auto [it, inserted] = reaches_.try_emplace(job_id);
    const auto job = jobs_.find(job_id);
    if (inserted && job != jobs_.end()) it->second = job->second.reach;
    return it->second;
  }

  const Jobs& jobs_;
  std::map<std::string, std::optional<JobReach>> reaches_;
};

absl::Status MemoryStore::Commit(const std::vector<Change>& changes) {
  const std::lock_guard lock(mutex_);
  Check check(jobs_);
  for (const Change& change : changes) {
    if (absl::Status status = std::visit(check, change); !status.ok()) return status;
  }
  for (const Change& change : changes) {
    std::visit([this](const auto& one) { Apply(one); }, change);
  }
  return absl::OkStatus();
}

void MemoryStore::Apply(const change::SaveJob& change) {
  const Job& job = change.job.job;
  jobs_[job.id].stored = change.job;
  last_number_ = std::max(last_number_, job.number);
}

void MemoryStore::Apply(const change::AppendEvent& change) {
  Entry& entry = jobs_.at(change.job_id);
  entry.events.push_back(change.event);
  entry.reach.sequence = change.event->sequence;
}

void MemoryStore::Apply(const change::KeepShard& change) {
  const auto job = jobs_.find(change.job_id);
  if (job == jobs_.end() || !IsOpen(job->second.reach, change.round)) return;
  job->second.progress.shards[change.shard] = change.result;
}

void MemoryStore::Apply(const change::FinishRound& change) {
  auto& [stored, reach, events, progress, model] = jobs_.at(change.job_id);
  if (reach.ended) return;
  reach.open_round = change.round + 1;
  progress.shards.clear();
  progress.rounds[change.round] = change.parameters;
  std::erase_if(progress.rounds, [&change](const auto& kept) {
    return kept.first < change.first_checkpoint && kept.first != change.best_checkpoint;
  });
}

void MemoryStore::Apply(const change::EndJob& change) {
  Entry& entry = jobs_.at(change.job_id);
  entry.reach.ended = true;
  entry.progress = {};
  entry.model = change.model;
}

void MemoryStore::Apply(const change::RemoveJob& change) { jobs_.erase(change.job_id); }

void MemoryStore::Apply(const change::SaveDataset& change) {
  datasets_[change.dataset.name] = change.dataset;
}

void MemoryStore::Apply(const change::RemoveDataset& change) { datasets_.erase(change.name); }

void MemoryStore::Apply(const change::SaveModel& change) {
  models_[change.record.id] = change;
  last_model_number_ = std::max(last_model_number_, change.record.number);
}

void MemoryStore::Apply(const change::RemoveModel& change) { models_.erase(change.id); }

void MemoryStore::Apply(const change::DrainNode& change) {
  if (change.drained) {
    drained_nodes_.insert(change.name);
  } else {
    drained_nodes_.erase(change.name);
  }
}

absl::StatusOr<StoredState> MemoryStore::Load() {
  const std::lock_guard lock(mutex_);
  StoredState state;
  state.last_number = last_number_;
  for (const auto& [id, entry] : jobs_) state.jobs.push_back(entry.stored);
  std::sort(state.jobs.begin(), state.jobs.end(),
            [](const StoredJob& a, const StoredJob& b) { return a.job.number < b.job.number; });
  for (const auto& [name, dataset] : datasets_) state.datasets.push_back(dataset);
  state.last_model_number = last_model_number_;
  for (const auto& [id, model] : models_) state.models.push_back(model.record);
  std::ranges::sort(state.models, {}, &ModelRecord::number);
  state.drained_nodes.assign(drained_nodes_.begin(), drained_nodes_.end());
  return state;
}

absl::StatusOr<std::vector<JobEvent>> MemoryStore::Events(const std::string& job_id,
                                                          std::int64_t from, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return std::vector<JobEvent>();
  const auto& events = job->second.events;
  const auto skipped = static_cast<std::size_t>(std::max<std::int64_t>(from, 1) - 1);
  const auto first = events.begin() + static_cast<std::ptrdiff_t>(std::min(skipped, events.size()));
  const auto left = static_cast<std::size_t>(events.end() - first);
  std::vector<JobEvent> found;
  for (auto it = first; it != first + static_cast<std::ptrdiff_t>(std::min(limit, left)); ++it) {
    found.push_back(**it);
  }
  return found;
}

absl::StatusOr<std::shared_ptr<const Model>> MemoryStore::GetModel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto imported = models_.find(id);
  if (imported != models_.end()) return imported->second.model;
  const auto job = jobs_.find(id);
  return job == jobs_.end() ? nullptr : job->second.model;
}

absl::StatusOr<JobProgress> MemoryStore::GetProgress(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  const auto job = jobs_.find(job_id);
  return job == jobs_.end() ? JobProgress() : job->second.progress;
}

}  // namespace mlp::coordinator
