// The coordinator's heart: takes jobs, runs them one at a time in the order they came, answers
// questions about them.
//
// The journal's jobs that have not ended go on where they were. Network and files are behind
// Cluster, Journal and LoadDataset. Loop thread only. All flows must have ended before it is
// destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/fifo_mutex.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/async/workers.h"
#include "services/base/machine_memory.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/run/cluster.h"
#include "services/coordinator/run/explain_job.h"
#include "services/coordinator/run/imported_models.h"
#include "services/coordinator/run/model_cache.h"
#include "services/coordinator/run/run_job.h"
#include "services/coordinator/store/journal.h"

namespace mlp::coordinator {

struct Dataset;
struct Model;

// Reads and checks the dataset of that name. It runs on a worker.
using LoadDataset =
    std::function<absl::StatusOr<std::shared_ptr<const Dataset>>(const std::string&)>;

inline constexpr std::size_t kMaxPendingJobs = 64;

class Coordinator {
 public:
  // `journal` is open and outlives the coordinator.
  Coordinator(async::Clock& clock, async::Workers& workers, Cluster& cluster, Journal& journal,
              LoadDataset load_dataset, SchedulerWaits waits = {},
              std::optional<std::uint64_t> scheduler_seed = std::nullopt, LookAtMemory memory = {});

  // Checks the specification and the data, queues the job, and returns when that cannot be lost any
  // more. A request id that was used before gives the same job for the same specification, and
  // AlreadyExists for another. Other errors: InvalidArgument with the field, also if
  // the machine could never hold the model, NotFound (dataset),
  // ResourceExhausted (the queue or the disk is full) with a retry delay, Unavailable.
  async::Task<absl::StatusOr<Job>> Create(JobSpec spec, std::string request_id);
  // Returns the job. NotFound if there is no such job, here and below.
  absl::StatusOr<Job> Get(const std::string& id) const;
  // Returns at most `limit` jobs with numbers below `before`, newest first.
  std::vector<Job> List(std::int64_t before, std::size_t limit) const;
  // Asks a job to stop; one that has ended stays as it is.
  absl::StatusOr<Job> Cancel(const std::string& id);
  // Forgets a job. FailedPrecondition if it has not ended.
  async::Task<absl::Status> Remove(std::string id);
  // Says what the job waits for now and what comes next, or how it ended.
  absl::StatusOr<Explanation> Explain(const std::string& id) const;
  // Returns the job's events so far from sequence number `from` on, at most 1,024 at a time; none
  // when all were returned.
  async::Task<absl::StatusOr<SharedEvents>> EventsSoFar(std::string id, std::int64_t from);
  // Returns the job's events from sequence number `from` on, as soon as there are any, at most
  // 1,024 at a time; none when the job has ended and all were returned. Cancelled after `stop`,
  // Unavailable if the coordinator stops first and the job will go on after its restart.
  async::Task<absl::StatusOr<SharedEvents>> NextEvents(std::string id, std::int64_t from,
                                                       std::stop_token stop);
  // Returns a job's model, or an imported one. FailedPrecondition if the job has not succeeded.
  async::Task<absl::StatusOr<std::shared_ptr<const Model>>> GetModel(std::string id);
  // Returns a text that differs if GetModel would find another model. Errors are those of GetModel.
  absl::StatusOr<std::string> ModelVersion(const std::string& id) const;
  ImportedModels& imported_models() { return imported_models_; }

  // Runs jobs until `stop`; returns when none runs any more and what happened is written. Jobs that
  // are left are cancelled, unless the journal is durable: they go on after a restart.
  async::Task<> Run(std::stop_token stop);

 private:
  struct Pending {
    Job job;
    std::shared_ptr<const Dataset> dataset;  // nullptr: to be read
    // The initial model of a new job that begins with one.
    SharedParameters initial;
    std::stop_source stop;
    bool cancelled = false;  // a client asked for it
    JobStage stage;
  };

  absl::StatusOr<std::shared_ptr<Pending>> Admit(JobSpec spec, std::string request_id,
                                                 std::shared_ptr<const Dataset> dataset,
                                                 std::shared_ptr<const Model> initial);
  // Returns the job of that request, if any; AlreadyExists if its specification is another.
  absl::StatusOr<std::optional<Job>> Repeated(const JobSpec& spec,
                                              const std::string& request_id) const;
  absl::Status CheckRoom() const;
  // True if the job has ended and has no event from number `from` on.
  bool Delivered(const Job& job, std::int64_t from) const;
  async::Task<absl::StatusOr<std::shared_ptr<Pending>>> ReadAndAdmit(JobSpec spec,
                                                                     std::string request_id);
  // Adds the journal's trouble to the detail of a running job, which cannot go on.
  Job WithPauseDetail(Job job) const;
  // Returns the place of the job that has `index` others before it in the queue.
  QueuePlace PlaceOf(std::size_t index) const;
  // Records for each queued job whose place has changed behind which one it waits.
  void UpdateQueuePositions();
  async::Task<> RunOne(std::shared_ptr<Pending> pending, std::stop_token stop);
  // Reads a job's dataset after a restart; waits until it can be read. FailedPrecondition if it is
  // another one now.
  async::Task<absl::Status> ReadAgain(Pending& pending);
  async::Task<absl::StatusOr<std::shared_ptr<const Model>>> Resume(Pending& pending);
  void End(const Pending& pending, const absl::StatusOr<std::shared_ptr<const Model>>& model,
           bool stopping);
  void ChangeState(const std::string& id, JobState state, std::string detail = "",
                   std::string digest = "");

  JobWorld world_;
  Journal& journal_;
  ImportedModels imported_models_;
  ModelCache models_;
  async::FifoMutex reading_model_;
  LoadDataset load_dataset_;
  const LookAtMemory memory_;   // empty: jobs are taken whatever memory they need
  std::size_t being_read_ = 0;  // jobs that are not queued yet: their data is read
  bool stopping_ = false;
  std::deque<std::shared_ptr<Pending>> queue_;
  std::shared_ptr<Pending> running_;
  async::Signal queued_;
};

}  // namespace mlp::coordinator
