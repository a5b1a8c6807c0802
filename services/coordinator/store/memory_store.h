// A Store in memory: its content ends with the process. The twin of SqliteStore in all that a
// caller can see, for tests, simulations and coordinators without a state directory.
#pragma once

#include <mutex>
#include <set>

#include "services/coordinator/store/store.h"
#include "services/coordinator/store/store_rules.h"

namespace mlp::coordinator {

class MemoryStore final : public Store {
 public:
  absl::StatusOr<StoredState> Load() override;
  absl::Status Commit(const std::vector<Change>& changes) override;
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<JobEvent>> Events(const std::string& job_id, std::int64_t from,
                                               std::size_t limit) override;
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) override;
  absl::StatusOr<JobProgress> GetProgress(const std::string& job_id) override;

 private:
  struct Entry {
    StoredJob stored;
    JobReach reach;
    std::vector<std::shared_ptr<const JobEvent>> events;  // events[i]->sequence == i + 1
    JobProgress progress;
    std::shared_ptr<const Model> model;
  };
  using Jobs = std::map<std::string, Entry>;  // keyed by id
  class Check;

  // Makes the change, once the check has found nothing wrong with any of them.
  void Apply(const change::SaveJob& change);
  void Apply(const change::AppendEvent& change);
  void Apply(const change::KeepShard& change);
  void Apply(const change::FinishRound& change);
  void Apply(const change::EndJob& change);
  void Apply(const change::RemoveJob& change);
  void Apply(const change::SaveDataset& change);
  void Apply(const change::RemoveDataset& change);
  void Apply(const change::SaveModel& change);
  void Apply(const change::RemoveModel& change);
  void Apply(const change::DrainNode& change);

  std::mutex mutex_;
  // Guarded by mutex_:
  std::int64_t last_number_ = 0;
  Jobs jobs_;
  std::map<std::string, DatasetRecord> datasets_;  // keyed by name
  std::int64_t last_model_number_ = 0;
  std::map<std::string, change::SaveModel> models_;  // imported ones, keyed by id
  std::set<std::string> drained_nodes_;              // sorted by name
};

}  // namespace mlp::coordinator
