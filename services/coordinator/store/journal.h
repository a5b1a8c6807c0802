// The jobs as they stand, what happened to them, and what of it is still on its way to the store.
//
// What is recorded changes the jobs at once. It is written behind, in groups, each all or nothing
// and in order, and then synced, while the next group is written. Watchers, the jobs' log and
// whoever awaits Committed() hear of it only when it is synced and cannot be lost any more. So
// nothing that anybody was told is ever taken back by a crash. What a crash does take back, the
// same specification computes again, to the same bits.
//
// When the store cannot write, nothing is lost either: the journal says why (trouble()), tries
// again every second, and jobs pause. Loop thread only, but for Open.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/async/wait.h"
#include "services/async/workers.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator {

// Events that some hundred watchers share.
using SharedEvents = std::vector<std::shared_ptr<const JobEvent>>;

// The seam to a log that people and tools read afterwards. Loop thread only; must not block.
class JobLog {
 public:
  virtual ~JobLog() = default;
  // Events of a job come in order; after a restart those of a job that goes on come again, from the
  // first one.
  virtual void Append(const std::string& job_id, const JobEvent& event) = 0;
};

struct JournalOptions {
  std::size_t keep_jobs = 1000;  // ended jobs; of more, the oldest are forgotten
  int keep_checkpoints = 2;      // of a running job, whose parameters are kept; 2 or more
  // The store survives the process: jobs go on after a restart. Without, rounds and shards are not
  // kept.
  bool durable = false;
};

inline constexpr std::size_t kMaxPendingChanges = 4096;
inline constexpr std::size_t kMaxPendingBytes = std::size_t{256} << 20;
inline constexpr std::chrono::seconds kWriteAgain{1};

class Journal {
 public:
  // `writer` runs one thing at a time, `readers` any number; they sync, too.
  Journal(async::Clock& clock, async::Workers& writer, async::Workers& readers, Store& store,
          JobLog& log, JournalOptions options);

  // Takes over what the store has. Blocks; once, before anything else, before the loop runs.
  absl::Status Open();
  // Writes what is left, if it can be written, and returns when nothing is under way any more. What
  // is recorded afterwards is lost.
  async::Task<> Close();

  bool durable() const { return options_.durable; }
  // As of Open: the latest time that is recorded of any job. A clock that went back since would let
  // a job's events go back in time.
  async::TimePoint latest_time() const { return latest_time_; }
  const std::vector<DatasetRecord>& datasets() const { return datasets_; }
  const std::vector<ModelRecord>& imported_models() const { return imported_models_; }
  std::int64_t last_model_number() const { return last_model_number_; }
  const std::vector<std::string>& drained_nodes() const { return drained_nodes_; }

  // ---- Jobs as they stand

  std::optional<Job> Get(const std::string& id) const;
  std::optional<Job> FindRequest(const std::string& request_id) const;
  // At most `limit` jobs with numbers below `before`, newest first.
  std::vector<Job> List(std::int64_t before, std::size_t limit) const;
  // Those that have not ended, by number.
  std::vector<Job> Unfinished() const;

  // ---- Changes

  // Gives the job its number and id, and remembers it with its request id, if any. Returns it.
  Job Create(Job job);
  // An event of the job, which must exist, that happens now. `round` 0: of the whole job.
  void Record(const std::string& job_id, int round, JobEvent::Body body) {
    RecordAt(clock_.Now(), job_id, round, std::move(body));
  }
  // Something that happened, or was decided, at `time`.
  void RecordAt(async::TimePoint time, const std::string& job_id, int round, JobEvent::Body body);
  void KeepShard(const std::string& job_id, int round, int shard,
                 std::shared_ptr<const ShardResult> result);
  // Round `best_checkpoint` stays beside the last ones.
  void FinishRound(const std::string& job_id, int round,
                   std::shared_ptr<const Parameters> parameters, int best_checkpoint = -1);
  // Of a job that ends; nullptr: it has no model.
  void EndJob(const std::string& job_id, std::shared_ptr<const Model> model);
  void Remove(const std::string& job_id);
  void SaveModel(ModelRecord record, std::shared_ptr<const Model> model);
  // Of other parts of the coordinator.
  void Save(Change change) { Add(std::move(change), 0); }

  // ---- Durability

  // Until everything recorded so far is in the store. An error says why it is not yet; it will be
  // when there is room again, unless the process ends before.
  async::Task<absl::Status> Committed();
  // Until the store can be written to and not too much is on its way. False where it was stopped.
  async::Task<bool> Room(std::stop_token stop);
  // Why nothing can be written now; OK: it can.
  const absl::Status& trouble() const {
    return write_trouble_.ok() ? sync_trouble_ : write_trouble_;
  }
  // Notified when something can be lost no more, when trouble begins, and at the end.
  async::Signal& written() { return written_; }
  bool closed() const { return closing_; }

  // ---- What is in the store

  // At most `limit` events of the job from sequence number `from` on, in order. Empty where there
  // are none yet.
  async::Task<absl::StatusOr<SharedEvents>> Events(std::string job_id, std::int64_t from,
                                                   std::size_t limit);
  // The number of the job's last event, written or not; 0 where there is none.
  std::int64_t last_sequence(const std::string& job_id) const;
  // Of a job, or imported; nullptr where there is none.
  async::Task<absl::StatusOr<std::shared_ptr<const Model>>> GetModel(std::string id);
  async::Task<absl::StatusOr<JobProgress>> GetProgress(std::string job_id);

 private:
  struct Entry {
    Job job;
    std::int64_t sequence = 0;   // of the last event
    std::int64_t committed = 0;  // ... in the store, and synced
    // The last ones: those that are not in the store, and of a job that runs some more. Numbers
    // first_recent .. sequence.
    std::deque<std::shared_ptr<const JobEvent>> recent;
    std::int64_t first_recent = 1;
  };

  Entry* Find(const std::string& id);
  const Entry* Find(const std::string& id) const;
  absl::Status Restore(StoredJob stored);
  void Add(Change change, std::size_t bytes);
  async::Task<> WritePending();
  async::Task<> SyncWritten();
  async::Task<absl::Status> Persist(async::Workers& workers,
                                    const std::function<absl::Status()>& attempt,
                                    absl::Status& trouble);
  void Tell(const std::vector<change::AppendEvent>& events);
  static void Trim(Entry& entry);
  void ForgetOldJobs();

  async::Clock& clock_;
  async::Workers& writer_;
  async::Workers& readers_;
  Store& store_;
  JobLog& log_;
  const JournalOptions options_;

  std::map<std::int64_t, Entry> jobs_;                      // by number
  std::unordered_map<std::string, std::int64_t> numbers_;   // by id
  std::unordered_map<std::string, std::int64_t> requests_;  // by request id
  std::int64_t last_number_ = 0;
  std::size_t ended_ = 0;
  async::TimePoint latest_time_{};
  std::vector<DatasetRecord> datasets_;
  std::vector<ModelRecord> imported_models_;
  std::int64_t last_model_number_ = 0;
  std::vector<std::string> drained_nodes_;

  std::vector<Change> pending_;
  std::size_t pending_bytes_ = 0;
  async::TimePoint group_began_{};             // the last one that was written
  std::uint64_t recorded_count_ = 0;           // changes ever
  std::uint64_t written_count_ = 0;            // ... that are in the store
  std::uint64_t synced_count_ = 0;             // ... and synced
  std::vector<change::AppendEvent> unsynced_;  // that are in the store
  absl::Status write_trouble_;
  absl::Status sync_trouble_;
  bool closing_ = false;
  std::stop_source close_;
  async::Signal written_;
  async::TaskGroup writing_;  // at most one task
  async::TaskGroup syncing_;  // likewise
};

}  // namespace mlp::coordinator
