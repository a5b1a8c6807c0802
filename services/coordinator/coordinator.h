// The coordinator's heart: takes jobs, runs them one at a time in the order they came, answers
// questions about them.
//
// No network and no files: those are behind Cluster, Store, JobLog and LoadDataset. Loop thread
// only. All flows must have ended before it is destroyed.
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
#include "services/coordinator/cluster.h"
#include "services/coordinator/explain_job.h"
#include "services/coordinator/job.h"
#include "services/coordinator/journal.h"
#include "services/coordinator/run_job.h"
#include "services/coordinator/store.h"

namespace mlp::coordinator {

// Reads and checks the dataset of that name. Called on a worker.
using LoadDataset =
    std::function<absl::StatusOr<std::shared_ptr<const Dataset>>(const std::string&)>;

inline constexpr std::size_t kMaxPendingJobs = 64;
inline constexpr std::size_t kMaxRequestIdLength = 128;

class Coordinator {
 public:
  Coordinator(async::Clock& clock, async::Workers& workers, Cluster& cluster, Store& store,
              JobLog& log, LoadDataset load_dataset, SchedulerWaits waits = {},
              std::optional<std::uint64_t> scheduler_seed = std::nullopt);

  // Checks the specification and the data, queues the job. With a request id that was used before:
  // the same job for the same specification, AlreadyExists for another. Other errors:
  // InvalidArgument with the field, NotFound (dataset), ResourceExhausted with a retry delay.
  async::Task<absl::StatusOr<Job>> Create(JobSpec spec, std::string request_id);
  // NotFound where there is no such job, here and below.
  absl::StatusOr<Job> Get(const std::string& id) const;
  // At most `limit` jobs with numbers below `before`, newest first.
  std::vector<Job> List(std::int64_t before, std::size_t limit) const;
  // Asks a job to stop; one that has ended stays as it is.
  absl::StatusOr<Job> Cancel(const std::string& id);
  // What the job waits for now and what comes next; how it ended where it has.
  absl::StatusOr<Explanation> Explain(const std::string& id) const;
  // The job's events from sequence number `from` on that there are already, some hundred at a time;
  // empty when all were returned.
  absl::StatusOr<std::vector<JobEvent>> EventsSoFar(const std::string& id, std::int64_t from) const;
  // The job's next events from sequence number `from` on, as soon as there are any, some hundred at
  // a time. Empty when the job has ended and all were returned. Cancelled after `stop`.
  async::Task<absl::StatusOr<std::vector<JobEvent>>> NextEvents(std::string id, std::int64_t from,
                                                                std::stop_token stop);
  // FailedPrecondition where the job has not succeeded.
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) const;

  // Runs jobs until `stop`, then cancels those that are left and returns when they have ended.
  async::Task<> Run(std::stop_token stop);

 private:
  struct Pending {
    Job job;
    std::shared_ptr<const Dataset> dataset;
    std::stop_source stop;
    JobStage stage;
  };

  absl::StatusOr<std::shared_ptr<Pending>> Admit(JobSpec spec, std::string request_id,
                                                 std::shared_ptr<const Dataset> dataset);
  // The job of that request, if any; AlreadyExists where its specification is another.
  absl::StatusOr<std::optional<Job>> Repeated(const JobSpec& spec,
                                              const std::string& request_id) const;
  absl::Status CheckRoom() const;
  // Of the job that has `index` others before it in the queue.
  QueuePlace PlaceOf(std::size_t index) const;
  // Records for each queued job whose place has changed behind which one it waits.
  void NotePlaces();
  async::Task<> RunOne(std::shared_ptr<Pending> pending, std::stop_token stop);
  void ChangeState(const std::string& id, JobState state, std::string detail = "",
                   std::string digest = "");

  JobWorld world_;
  Store& store_;
  Journal journal_;
  LoadDataset load_dataset_;
  std::deque<std::shared_ptr<Pending>> queue_;
  std::shared_ptr<Pending> running_;
  async::Signal queued_;
};

}  // namespace mlp::coordinator
