// The jobs' current state, their events, and the changes that are still on their way to the store.
//
// A recorded change takes effect on the jobs at once. It is written behind, in groups, each all or
// nothing and in order, and then synced, while the next group is written. Watchers, the jobs' log
// and flows that await Committed() hear of it only when it is synced and cannot be lost any more.
// So no crash ever takes back what anybody has heard. What a crash does take back, the same
// specification computes again, to the same bits.
//
// If the store cannot write, nothing is lost either: the journal says why (trouble()), tries again
// every second, and jobs pause. Loop thread only, except Open.
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

// Events that some hundred watchers may share.
using SharedEvents = std::vector<std::shared_ptr<const JobEvent>>;

// The seam to a log that people and tools read afterwards. Loop thread only; must not block.
class JobLog {
 public:
  virtual ~JobLog() = default;
  // Takes a job's events in order; after a restart the events of a job that goes on come again,
  // from the first one.
  virtual void Append(const std::string& job_id, const JobEvent& event) = 0;
};

struct JournalOptions {
  std::size_t keep_jobs = 1000;  // number of ended jobs; the oldest beyond it are forgotten
  int keep_checkpoints = 2;      // a running job's checkpoints, with parameters; 2 or more
  // True if the store survives the process and jobs go on after a restart. Without it, rounds and
  // shards are not kept.
  bool durable = false;
};

inline constexpr std::size_t kMaxPendingChanges = 4096;
inline constexpr std::size_t kMaxPendingBytes = std::size_t{256} << 20;
inline constexpr std::chrono::seconds kWriteAgain{1};
// The time after which a request that could not be written is worth another try.
inline constexpr std::chrono::seconds kStoreRetry{2};

class Journal {
 public:
  // `writer` runs one task at a time, `readers` any number; they sync, too.
  Journal(async::Clock& clock, async::Workers& writer, async::Workers& readers, Store& store,
          JobLog& log, JournalOptions options);

  // Takes over the store's content. Blocks; call it once, before anything else and before the loop
  // runs.
  absl::Status Open();
  // Writes the remaining changes, if they can be written, and returns when nothing is under way any
  // more. Changes that are recorded afterwards are lost.
  async::Task<> Close();

  bool durable() const { return options_.durable; }
  // The latest time of any job's records that Open found. If the clock went back since then, a
  // job's events would go back in time.
  async::TimePoint latest_time() const { return latest_time_; }
  const std::vector<DatasetRecord>& datasets() const { return datasets_; }
  const std::vector<ModelRecord>& imported_models() const { return imported_models_; }
  std::int64_t last_model_number() const { return last_model_number_; }
  const std::vector<std::string>& drained_nodes() const { return drained_nodes_; }

  // ---- The jobs' current state

  std::optional<Job> Get(const std::string& id) const;
  std::optional<Job> FindRequest(const std::string& request_id) const;
  // Returns at most `limit` jobs with numbers below `before`, newest first.
  std::vector<Job> List(std::int64_t before, std::size_t limit) const;
  // Returns the jobs that have not ended, by number.
  std::vector<Job> Unfinished() const;
  // Returns the ids of those that have not ended and use the dataset of that name.
  std::vector<std::string> UsersOf(const std::string& dataset) const;

  // ---- Changes

  // Gives the job its number and id, and remembers it with its request id, if any. Returns the job.
  Job Create(Job job);
  // Records an event of the job, which must exist, that happens now. An event of round 0 concerns
  // the whole job.
  void Record(const std::string& job_id, int round, JobEvent::Body body) {
    RecordAt(clock_.Now(), job_id, round, std::move(body));
  }
  // Records an event that happened, or was decided, at `time`.
  void RecordAt(async::TimePoint time, const std::string& job_id, int round, JobEvent::Body body);
  void KeepShard(const std::string& job_id, int round, int shard,
                 std::shared_ptr<const ShardResult> result);
  // Records the end of a round. Round `best_checkpoint` stays beside the last ones.
  void FinishRound(const std::string& job_id, int round, SharedParameters parameters,
                   int best_checkpoint = -1);
  // Records the model of a job that ends; nullptr if it has none.
  void EndJob(const std::string& job_id, std::shared_ptr<const Model> model);
  void Remove(const std::string& job_id);
  void SaveModel(ModelRecord record, std::shared_ptr<const Model> model);
  // Records a change of another part of the coordinator.
  void Save(Change change) { Add(std::move(change), 0); }

  // ---- Durability

  // Waits until everything recorded so far is in the store. An error says why it is not there yet;
  // it will be when there is room again, unless the process ends before.
  async::Task<absl::Status> Committed();
  // Waits until the store can be written to and not too many changes are on their way. False if it
  // was stopped.
  async::Task<bool> Room(std::stop_token stop);
  // Says why nothing can be written now; OK if it can.
  const absl::Status& trouble() const {
    return write_trouble_.ok() ? sync_trouble_ : write_trouble_;
  }
  // Returns a signal for when changes cannot be lost any more, when trouble begins, and the end.
  async::Signal& written() { return written_; }
  bool closed() const { return closing_; }

  // ---- The store's content

  // Returns at most `limit` events of the job from sequence number `from` on, in order; none if
  // there are none yet.
  async::Task<absl::StatusOr<SharedEvents>> Events(std::string job_id, std::int64_t from,
                                                   std::size_t limit);
  // Returns the number of the job's last event, written or not; 0 if there is none.
  std::int64_t last_sequence(const std::string& job_id) const;
  // Returns a job's model, or the imported one with this id; nullptr if there is none.
  async::Task<absl::StatusOr<std::shared_ptr<const Model>>> GetModel(std::string id);
  async::Task<absl::StatusOr<JobProgress>> GetProgress(std::string job_id);

 private:
  struct Entry {
    Job job;
    std::int64_t sequence = 0;   // the last event's
    std::int64_t committed = 0;  // the last event's that is in the store, and synced
    // The last events, numbers first_recent .. sequence: those that are not in the store yet, and
    // some more if the job is running.
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

  std::map<std::int64_t, Entry> jobs_;                      // keyed by number
  std::unordered_map<std::string, std::int64_t> numbers_;   // keyed by id
  std::unordered_map<std::string, std::int64_t> requests_;  // keyed by request id
  std::int64_t last_number_ = 0;
  std::size_t ended_ = 0;
  async::TimePoint latest_time_{};
  std::vector<DatasetRecord> datasets_;
  std::vector<ModelRecord> imported_models_;
  std::int64_t last_model_number_ = 0;
  std::vector<std::string> drained_nodes_;

  std::vector<Change> pending_;
  std::size_t pending_bytes_ = 0;
  async::TimePoint group_began_{};             // the last group that was written
  std::uint64_t recorded_count_ = 0;           // changes so far
  std::uint64_t written_count_ = 0;            // changes that are in the store
  std::uint64_t synced_count_ = 0;             // changes that are in the store, and synced
  std::vector<change::AppendEvent> unsynced_;  // stored events
  absl::Status write_trouble_;
  absl::Status sync_trouble_;
  bool closing_ = false;
  std::stop_source close_;
  async::Signal written_;
  async::TaskGroup writing_;  // one task at most
  async::TaskGroup syncing_;  // one task at most
};

}  // namespace mlp::coordinator
