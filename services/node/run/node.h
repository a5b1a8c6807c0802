// The compute node: accepts or rejects tasks, holds them up by injected load, trains them.
//
// One task at a time finds its shard (in memory, in the data directory, from a source) and
// computes; the others wait in line, first come, first served. Hold-ups overlap
// for tasks that came with slots; for the others, a task is held up when its turn has come, as in
// the reference system. A task that is stopped leaves at once, or within one epoch where it
// computes. Files and all but the briefest arithmetic are left to `workers`. Once `shutdown` is
// requested, every task is rejected and those that have not started end; the one that computes goes
// on. After Drain every new task is rejected, and those that are held go on to their ends. A task
// that was computed here before, and whose result is still there, is answered with it at once,
// whatever the node's load or state. Loop thread only; clock and workers outlive the node, the node
// outlives its tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/fifo_mutex.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/async/workers.h"
#include "services/node/cache/shard_cache.h"
#include "services/node/load/load_injector.h"
#include "services/node/run/cached_results.h"
#include "services/node/run/shard_source.h"
#include "services/node/run/synthetic_workload.h"
#include "services/node/run/task.h"

namespace mlp::node {

struct NodeOptions {
  std::string name;  // unique within a cluster; part of the key of the load draws
  std::optional<std::filesystem::path> data_dir;
  LoadProfile load;
  std::size_t memory_bytes = std::size_t{256} << 20;  // for parsed shards
  int threads = 1;  // that a task computes on at most, where its model is large
  int slots = 0;    // tasks held at once at most; 0: as many as the coordinator says
  SyntheticWorkload synthetic_workload;  // none, except in experiments and simulations
};

class Node {
 public:
  // `source`, if any, has what the data directory lacks; it outlives the node.
  Node(NodeOptions options, async::Clock& clock, async::Workers& workers, std::stop_token shutdown,
       ShardSource* source = nullptr);

  // One attempt. Cancelled after `stop`; FailedPrecondition where the shard's file is not
  // to be had (without a source: is missing or differs in the data directory) or does not fit the
  // model; OutOfRange where parameters become non-finite; Unavailable where the node shuts down
  // before the arithmetic began or the source cannot be reached. `observer` outlives the attempt.
  async::Task<absl::StatusOr<TaskOutcome>> Train(TaskRequest request, TaskObserver& observer,
                                                 std::stop_token stop);

  // Takes nothing new from now on.
  void Drain() { draining_ = true; }
  bool draining() const { return draining_ || shutdown_.stop_requested(); }
  // Until no task is held. False where it was stopped first.
  async::Task<bool> Idle(std::stop_token stop);

  const NodeOptions& options() const { return options_; }
  const CachedResults& cached_results() const { return cached_; }
  // Tasks held: queued, held up or computing.
  std::size_t active_tasks() const { return active_tasks_; }
  std::int64_t finished_tasks() const { return finished_tasks_; }
  std::int64_t rejected_tasks() const { return rejected_tasks_; }

 private:
  struct LoadedShard {
    std::shared_ptr<const Shard> shard;
    async::Duration load_time{};
  };

  async::Task<absl::StatusOr<TaskOutcome>> AnswerWith(SharedResult kept, TaskObserver& observer);
  std::optional<Rejection> Rejects(const TaskRequest& request) const;
  async::Task<absl::StatusOr<TaskOutcome>> TrainInLine(const TaskRequest& request,
                                                       TaskObserver& observer,
                                                       std::stop_token stop);
  async::Task<bool> HoldUp(const TaskRequest& request, std::stop_token stop);
  async::Task<absl::Status> WaitForStart(const TaskRequest& request,
                                         std::optional<async::FifoMutex::Ticket>& ticket,
                                         TaskObserver& observer, std::stop_token stop);
  async::Task<absl::StatusOr<TaskOutcome>> Compute(const TaskRequest& request,
                                                   std::stop_token stop);
  async::Task<absl::StatusOr<TrainingResult>> TrainOnLoaded(const Shard& shard,
                                                            const TaskRequest& request,
                                                            std::stop_token stop);
  // The task is computed.
  TaskOutcome Finish(const TaskRequest& request, TaskResult result);
  // Waits as long as computing is said to take. False where it was stopped.
  async::Task<bool> PassComputeTime(const TaskRequest& request, std::stop_token stop);
  async::Task<absl::StatusOr<LoadedShard>> FindShard(const ShardReference& reference,
                                                     std::stop_token stop);
  async::Task<absl::StatusOr<std::shared_ptr<const Shard>>> ReadShard(
      const ShardReference& reference);
  async::Task<absl::StatusOr<std::shared_ptr<const Shard>>> FetchShard(
      const ShardReference& reference, std::stop_token stop);

  const NodeOptions options_;
  async::Clock& clock_;
  async::Workers& workers_;
  const LoadInjector injector_;
  const std::stop_token shutdown_;
  ShardSource* const source_;  // nullptr: none
  ShardCache cache_;
  CachedResults cached_;
  async::FifoMutex compute_mutex_;
  bool draining_ = false;
  async::Signal ended_;  // a task has
  std::size_t active_tasks_ = 0;
  std::int64_t finished_tasks_ = 0;
  std::int64_t rejected_tasks_ = 0;
};

}  // namespace mlp::node
