// A Store in memory: what it holds ends with the process. For coordinators without a state
// directory, and as the twin that simulations crash around.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "services/coordinator/store.h"

namespace mlp::coordinator {

class MemoryStore final : public Store {
 public:
  absl::StatusOr<StoredState> Load() override;
  absl::Status Commit(const std::vector<Change>& changes) override;
  absl::StatusOr<std::vector<JobEvent>> Events(const std::string& job_id, std::int64_t from,
                                               std::size_t limit) override;
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& job_id) override;
  absl::StatusOr<JobProgress> GetProgress(const std::string& job_id) override;

 private:
  struct Entry {
    StoredJob stored;
    std::vector<JobEvent> events;  // events[i].sequence == i + 1
    int open_round = 1;            // whose shards are kept
    JobProgress progress;
    std::shared_ptr<const Model> model;
  };

  absl::Status Check(const std::vector<Change>& changes) const;
  void Apply(const change::SaveJob& change);
  void Apply(const change::AppendEvent& change);
  void Apply(const change::KeepShard& change);
  void Apply(const change::FinishRound& change);
  void Apply(const change::EndJob& change);
  void Apply(const change::RemoveJob& change);
  void Apply(const change::SaveDataset& change);
  void Apply(const change::RemoveDataset& change);
  void Apply(const change::DrainNode& change);

  std::mutex mutex_;
  // Guarded by mutex_:
  std::int64_t last_number_ = 0;
  std::map<std::string, Entry> jobs_;  // by id
  std::map<std::string, DatasetRecord> datasets_;
  std::set<std::string> drained_;
};

}  // namespace mlp::coordinator
