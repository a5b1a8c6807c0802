// A coordinator that runs in virtual time on any cluster, without a disk, for tests of its flows.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/coordinator/run/coordinator.h"
#include "services/coordinator/store/disk/file_job_log.h"
#include "services/coordinator/store/memory_store.h"

namespace mlp::coordinator {

// The clock, the workers and the cluster must outlive it.
class RunningCoordinator {
 public:
  RunningCoordinator(async::VirtualClock& clock, async::Workers& workers, Cluster& cluster,
                     LoadDataset load, JournalOptions options = {}, LookAtMemory memory = {})
      : clock_(clock),
        store_workers_(clock),
        journal_(clock, store_workers_, store_workers_, store_, log_, options),
        coordinator_(clock, workers, cluster, journal_, std::move(load), {}, std::nullopt,
                     std::move(memory)) {
    flows_.Spawn(coordinator_.Run(stop_.get_token()));
  }
  ~RunningCoordinator() {
    stop_.request_stop();
    clock_.RunAll();
  }
  RunningCoordinator(const RunningCoordinator&) = delete;
  RunningCoordinator& operator=(const RunningCoordinator&) = delete;

  Coordinator& operator*() { return coordinator_; }
  Coordinator* operator->() { return &coordinator_; }

  absl::StatusOr<Job> Create(JobSpec spec, std::string request_id = "") {
    std::optional<absl::StatusOr<Job>> answer;
    flows_.Spawn(Ask(std::move(spec), std::move(request_id), answer));
    while (!answer && clock_.RunOne()) {
    }
    return *answer;
  }
  Job Get(const std::string& id) { return coordinator_.Get(id).value(); }
  // Runs until the job has ended or nothing more can happen by itself.
  Job Finish(const std::string& id) {
    while (!IsFinal(Get(id).state) && clock_.RunOne()) {
    }
    return Get(id);
  }
  Job RunJob(JobSpec spec) { return Finish(Create(std::move(spec)).value().id); }
  // The events that are written by now.
  std::vector<JobEvent> Events(const std::string& id) {
    return store_.Events(id, 1, 100'000).value();
  }

 private:
  async::Task<> Ask(JobSpec spec, std::string request_id,
                    std::optional<absl::StatusOr<Job>>& answer) {
    absl::StatusOr<Job> job = co_await coordinator_.Create(std::move(spec), std::move(request_id));
    answer = std::move(job);
  }

  async::VirtualClock& clock_;
  async::InlineWorkers store_workers_;
  MemoryStore store_;
  NoJobLog log_;
  Journal journal_;
  Coordinator coordinator_;
  std::stop_source stop_;
  async::TaskGroup flows_;
};

}  // namespace mlp::coordinator
