// The coordinator's heart: takes jobs, runs them one at a time in the order they came, answers
// questions about them.
//
// Jobs that the journal has and that have not ended go on where they were. No network and no files:
// those are behind Cluster, Journal and LoadDataset. Loop thread only. All flows must have ended
// before it is destroyed.
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
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/async/workers.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/run/cluster.h"
#include "services/coordinator/run/explain_job.h"
#include "services/coordinator/run/imported_models.h"
#include "services/coordinator/run/run_job.h"
#include "services/coordinator/store/journal.h"

namespace mlp::coordinator {

struct Dataset;
struct Model;

// Reads and checks the dataset of that name. Called on a worker.
using LoadDataset =
    std::function<absl::StatusOr<std::shared_ptr<const Dataset>>(const std::string&)>;

inline constexpr std::size_t kMaxPendingJobs = 64;
inline constexpr std::size_t kMaxRequestIdLength = 128;

class Coordinator {
 public:
  // `journal` is open and outlives the coordinator.
  Coordinator(async::Clock& clock, async::Workers& workers, Cluster& cluster, Journal& journal,
              LoadDataset load_dataset, SchedulerWaits waits = {},
              std::optional<std::uint64_t> scheduler_seed = std::nullopt);

  // Checks the specification and the data, queues the job, and returns when that cannot be lost any
  // more. With a request id that was used before: the same job for the same specification,
  // AlreadyExists for another. Other errors: InvalidArgument with the field, NotFound (dataset),
  // ResourceExhausted (the queue or the disk is full) with a retry delay, Unavailable.
  async::Task<absl::StatusOr<Job>> Create(JobSpec spec, std::string request_id);
  // NotFound where there is no such job, here and below.
  absl::StatusOr<Job> Get(const std::string& id) const;
  // At most `limit` jobs with numbers below `before`, newest first.
  std::vector<Job> List(std::int64_t before, std::size_t limit) const;
  // Asks a job to stop; one that has ended stays as it is.
  absl::StatusOr<Job> Cancel(const std::string& id);
  // Forgets a job. FailedPrecondition where it has not ended.
  async::Task<absl::Status> Remove(std::string id);
  // What the job waits for now and what comes next; how it ended where it has.
  absl::StatusOr<Explanation> Explain(const std::string& id) const;
  // The job's events from sequence number `from` on that there are already, at most 1,024 at a
  // time; empty when all were returned.
  async::Task<absl::StatusOr<SharedEvents>> EventsSoFar(std::string id, std::int64_t from);
  // The job's next events from sequence number `from` on, as soon as there are any, at most
  // 1,024 at a time. Empty when the job has ended and all were returned. Cancelled after `stop`,
  // Unavailable where the coordinator stops first and the job will go on after its restart.
  async::Task<absl::StatusOr<SharedEvents>> NextEvents(std::string id, std::int64_t from,
                                                       std::stop_token stop);
  // Of a job, or imported. FailedPrecondition where the job has not succeeded.
  async::Task<absl::StatusOr<std::shared_ptr<const Model>>> GetModel(std::string id);
  // Tells whether GetModel would find the same model as before. Errors are those of GetModel.
  absl::StatusOr<std::string> ModelVersion(const std::string& id) const;
  ImportedModels& imported_models() { return imported_models_; }

  // Runs jobs until `stop`; returns when none runs any more and what happened is written. Jobs that
  // are left are cancelled, unless the journal is durable: they go on after a restart.
  async::Task<> Run(std::stop_token stop);

 private:
  struct Pending {
    Job job;
    std::shared_ptr<const Dataset> dataset;  // nullptr: to be read
    // Of a new job with an initial model.
    SharedParameters initial;
    std::stop_source stop;
    bool cancelled = false;  // on request
    JobStage stage;
  };

  absl::StatusOr<std::shared_ptr<Pending>> Admit(JobSpec spec, std::string request_id,
                                                 std::shared_ptr<const Dataset> dataset,
                                                 std::shared_ptr<const Model> initial);
  // The job of that request, if any; AlreadyExists where its specification is another.
  absl::StatusOr<std::optional<Job>> Repeated(const JobSpec& spec,
                                              const std::string& request_id) const;
  absl::Status CheckRoom() const;
  // The job has ended, and all its events before number `from` were all.
  bool Delivered(const Job& job, std::int64_t from) const;
  async::Task<absl::StatusOr<std::shared_ptr<Pending>>> ReadAndAdmit(JobSpec spec,
                                                                     std::string request_id);
  // With what keeps it from going on, where the journal does.
  Job WithPauseDetail(Job job) const;
  // Of the job that has `index` others before it in the queue.
  QueuePlace PlaceOf(std::size_t index) const;
  // Records for each queued job whose place has changed behind which one it waits.
  void UpdateQueuePositions();
  async::Task<> RunOne(std::shared_ptr<Pending> pending, std::stop_token stop);
  // A job's dataset after a restart: waits until it can be read. FailedPrecondition where it is
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
  LoadDataset load_dataset_;
  std::size_t being_read_ = 0;  // jobs that are not queued yet: their data is read
  bool stopping_ = false;
  std::deque<std::shared_ptr<Pending>> queue_;
  std::shared_ptr<Pending> running_;
  async::Signal queued_;
};

}  // namespace mlp::coordinator
