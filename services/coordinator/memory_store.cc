#include "services/coordinator/memory_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {
namespace {

// The job that a change is about; empty: none.
struct JobOf {
  std::string operator()(const change::SaveJob& change) const { return change.job.job.id; }
  std::string operator()(const change::SaveDataset&) const { return ""; }
  std::string operator()(const change::RemoveDataset&) const { return ""; }
  std::string operator()(const change::DrainNode&) const { return ""; }
  std::string operator()(const auto& change) const { return change.job_id; }
};

}  // namespace

absl::StatusOr<StoredState> MemoryStore::Load() {
  const std::lock_guard lock(mutex_);
  StoredState state;
  state.last_number = last_number_;
  for (const auto& [id, entry] : jobs_) state.jobs.push_back(entry.stored);
  std::ranges::sort(state.jobs, {}, [](const StoredJob& each) { return each.job.number; });
  for (const auto& [name, dataset] : datasets_) state.datasets.push_back(dataset);
  state.drained_nodes.assign(drained_.begin(), drained_.end());
  return state;
}

absl::Status MemoryStore::Commit(const std::vector<Change>& changes) {
  const std::lock_guard lock(mutex_);
  if (absl::Status status = Check(changes); !status.ok()) return status;
  for (const Change& each : changes)
    std::visit([this](const auto& change) { Apply(change); }, each);
  return absl::OkStatus();
}

// Before anything is applied: jobs exist, and events follow one another.
absl::Status MemoryStore::Check(const std::vector<Change>& changes) const {
  std::map<std::string, std::int64_t> sequences;  // of the last event, by job; -1: removed
  for (const Change& each : changes) {
    const std::string id = std::visit(JobOf(), each);
    if (id.empty()) continue;
    const auto [at, is_new] = sequences.try_emplace(id, -1);
    if (const auto job = jobs_.find(id); is_new && job != jobs_.end()) {
      at->second = static_cast<std::int64_t>(job->second.events.size());
    }
    if (std::holds_alternative<change::SaveJob>(each)) {
      at->second = std::max<std::int64_t>(at->second, 0);
    } else if (at->second < 0) {
      return absl::InternalError(absl::StrCat("a change of ", id, ", which is not stored"));
    } else if (std::holds_alternative<change::RemoveJob>(each)) {
      at->second = -1;
    } else if (const auto* append = std::get_if<change::AppendEvent>(&each)) {
      if (append->event.sequence != ++at->second) {
        return absl::InternalError(absl::StrCat(id, ": event ", append->event.sequence, " where ",
                                                at->second, " comes next"));
      }
    }
  }
  return absl::OkStatus();
}

void MemoryStore::Apply(const change::SaveJob& change) {
  last_number_ = std::max(last_number_, change.job.job.number);
  jobs_[change.job.job.id].stored = change.job;
}

void MemoryStore::Apply(const change::AppendEvent& change) {
  jobs_.at(change.job_id).events.push_back(change.event);
}

void MemoryStore::Apply(const change::KeepShard& change) {
  Entry& entry = jobs_.at(change.job_id);
  if (change.round == entry.open_round) entry.progress.shards[change.shard] = change.result;
}

void MemoryStore::Apply(const change::FinishRound& change) {
  Entry& entry = jobs_.at(change.job_id);
  JobProgress& progress = entry.progress;
  entry.open_round = change.round + 1;
  progress.shards.clear();
  progress.rounds[change.round] = change.parameters;
  progress.rounds.erase(progress.rounds.begin(), progress.rounds.lower_bound(change.first_kept));
}

void MemoryStore::Apply(const change::EndJob& change) {
  Entry& entry = jobs_.at(change.job_id);
  entry.progress = {};
  entry.model = change.model;
}

void MemoryStore::Apply(const change::RemoveJob& change) { jobs_.erase(change.job_id); }

void MemoryStore::Apply(const change::SaveDataset& change) {
  datasets_[change.dataset.name] = change.dataset;
}

void MemoryStore::Apply(const change::RemoveDataset& change) { datasets_.erase(change.name); }

void MemoryStore::Apply(const change::DrainNode& change) {
  if (change.drained) {
    drained_.insert(change.name);
  } else {
    drained_.erase(change.name);
  }
}

absl::StatusOr<std::vector<JobEvent>> MemoryStore::Events(const std::string& job_id,
                                                          std::int64_t from, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return std::vector<JobEvent>();
  const std::vector<JobEvent>& events = job->second.events;
  const auto first =
      std::min(events.size(), static_cast<std::size_t>(std::max<std::int64_t>(from, 1) - 1));
  const auto count = std::min(events.size() - first, limit);
  const auto begin = events.begin() + static_cast<std::ptrdiff_t>(first);
  return std::vector<JobEvent>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

absl::StatusOr<std::shared_ptr<const Model>> MemoryStore::GetModel(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  const auto job = jobs_.find(job_id);
  return job == jobs_.end() ? nullptr : job->second.model;
}

absl::StatusOr<JobProgress> MemoryStore::GetProgress(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  const auto job = jobs_.find(job_id);
  return job == jobs_.end() ? JobProgress() : job->second.progress;
}

}  // namespace mlp::coordinator
