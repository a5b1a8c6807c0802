// The seam to the data that must survive the coordinator: jobs, their events, finished rounds, the
// shards of the round that is open, trained and imported models, datasets, and the names of drained
// nodes.
//
// SqliteStore keeps it in a state directory, MemoryStore in the process. All methods block: call
// them on workers, from any thread. Reads may run beside a commit and see all of it or nothing;
// commits take turns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/model/shared_parameters.h"
#include "services/coordinator/job/dataset_record.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/job/job_event.h"
#include "services/coordinator/job/model_record.h"

namespace mlp {
struct ShardResult;
}  // namespace mlp

namespace mlp::coordinator {

struct Model;

// A job, and the number of its events that are folded into it.
struct StoredJob {
  Job job;
  std::int64_t sequence = 0;  // the last one's number; 0: none
};

namespace change {

// Saves a new job, or the current state of a job.
struct SaveJob {
  StoredJob job;
};
// Appends an event. Its sequence number is one more than that of the job's last one, or 1.
struct AppendEvent {
  std::string job_id;
  std::shared_ptr<const JobEvent> event;
};
// Keeps a shard of the round that is open, which is the one after the last that was finished, or 1.
// A shard of any other round, such as one that comes after its round or its job has ended, is
// dropped: it can be trained again.
struct KeepShard {
  std::string job_id;
  int round = 0;
  int shard = 0;
  std::shared_ptr<const ShardResult> result;
};
// Finishes a round and opens the next one. `parameters` are those after the round, and all else
// that the next one starts from. Round 0 has the parameters that the job starts from. Kept shards
// are dropped, and so are the parameters of rounds before `first_checkpoint` but round
// `best_checkpoint`. Nothing happens if the job has ended.
struct FinishRound {
  std::string job_id;
  int round = 0;
  SharedParameters parameters;
  int first_checkpoint = 0;
  int best_checkpoint = -1;
};
// Ends a job: a job that succeeded has its model, any other one nullptr. Kept rounds and shards are
// dropped, for good.
struct EndJob {
  std::string job_id;
  std::shared_ptr<const Model> model;
};
// Removes a job with all that belongs to it. This and the other removals do nothing if it is not
// there.
struct RemoveJob {
  std::string job_id;
};
// Saves a new dataset, or replaces the one of the same name.
struct SaveDataset {
  DatasetRecord dataset;
};
struct RemoveDataset {
  std::string name;
};
// Saves a new model; its number and id were never given before, but for an id whose model was
// removed.
struct SaveModel {
  ModelRecord record;
  std::shared_ptr<const Model> model;
};
struct RemoveModel {
  std::string id;
};
struct DrainNode {
  std::string name;
  bool drained = true;
};

}  // namespace change

using Change =
    std::variant<change::SaveJob, change::AppendEvent, change::KeepShard, change::FinishRound,
                 change::EndJob, change::RemoveJob, change::SaveDataset, change::RemoveDataset,
                 change::SaveModel, change::RemoveModel, change::DrainNode>;

// The state that a coordinator begins with.
struct StoredState {
  std::int64_t last_number = 0;            // the greatest that a job ever had, removed ones too
  std::vector<StoredJob> jobs;             // sorted by number
  std::vector<DatasetRecord> datasets;     // sorted by name
  std::int64_t last_model_number = 0;      // imported models, removed ones too
  std::vector<ModelRecord> models;         // imported ones, sorted by number
  std::vector<std::string> drained_nodes;  // sorted by name
};

// The progress from which an interrupted job continues.
struct JobProgress {
  // Parameters after the rounds that are kept, by round.
  std::map<int, SharedParameters> rounds;
  // Kept shards of the round that is open, by shard.
  std::map<int, std::shared_ptr<const ShardResult>> shards;
};

class Store {
 public:
  virtual ~Store() = default;

  // Returns everything that was committed so far.
  virtual absl::StatusOr<StoredState> Load() = 0;
  // Makes all changes, in order, or none. When it returns OK they survive any failure of the
  // process; Sync makes them survive failures of the machine, too. After any error none of them is
  // there, and a later commit may try them again: ResourceExhausted (no room) and Unavailable
  // (cannot write) may go away by themselves. DataLoss if the stored data is damaged. Internal for
  // an impossible change, such as an event out of sequence or of a job that does not exist.
  virtual absl::Status Commit(const std::vector<Change>& changes) = 0;
  // Makes all that was committed before the call survive any failure of the machine, once it
  // returns OK. It may run beside commits, on a thread of its own: it is the slow part, and they
  // need not wait for it. Errors are those of Commit; committed changes stay.
  virtual absl::Status Sync() = 0;

  // Reads of a job that does not exist find nothing. Their errors are Unavailable and DataLoss.

  // Returns at most `limit` events of the job from sequence number `from` on, in order.
  virtual absl::StatusOr<std::vector<JobEvent>> Events(const std::string& job_id, std::int64_t from,
                                                       std::size_t limit) = 0;
  // Returns the model of that job, or the imported one of that id; nullptr if there is none.
  virtual absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) = 0;
  virtual absl::StatusOr<JobProgress> GetProgress(const std::string& job_id) = 0;
};

}  // namespace mlp::coordinator
