// The compute node: accepts or rejects tasks, holds them up by injected load, has them trained.
//
// One task at a time is trained; the others wait in line, first come, first served. Tasks that came
// with slots are held up before they wait in line, so their hold-ups overlap; the others are held
// up when their turn has come, as in the reference system. A task that is stopped leaves at once,
// or when its trainer ends if it computes. Once `shutdown` is requested, the node rejects every
// task, and those that have not started end; the one that computes goes on. After Drain the node
// rejects every new task, and those that it holds go on to their ends. If a task was computed here
// before and its result is still there, that is the answer at once, whatever the node's load or
// state. A task for which the machine has too little memory is refused before it is accepted, with
// the bytes that it needs. Loop thread only; clock and trainer outlive the node, the node outlives
// its tasks.
#pragma once

#include <cstddef>
#include <cstdint>
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
#include "services/attempt/attempt_observer.h"
#include "services/attempt/attempt_outcome.h"
#include "services/attempt/train_task.h"
#include "services/base/machine_memory.h"
#include "services/node/load/load_injector.h"
#include "services/node/run/cached_results.h"
#include "services/node/run/shard_trainer.h"

namespace mlp::node {

struct NodeOptions {
  std::string name;  // unique within a cluster; part of the key of the load draws
  LoadProfile load;
  int slots = 0;        // most tasks held at once; 0: as many as the coordinator says
  LookAtMemory memory;  // empty: tasks are taken whatever they need
};

class Node {
 public:
  Node(NodeOptions options, async::Clock& clock, ShardTrainer& trainer, std::stop_token shutdown);

  // Makes one attempt. Cancelled after `stop`; Unavailable if the node shuts down before the
  // arithmetic began; ResourceExhausted if the machine never has the memory, Unavailable
  // if it has not now; the trainer's errors. `observer` outlives the attempt.
  async::Task<absl::StatusOr<AttemptOutcome>> Train(TrainTask task, AttemptObserver& observer,
                                                    std::stop_token stop);

  // Ok if the memory suffices for parameters of so many bytes and for the least that training them
  // takes; ResourceExhausted or Unavailable, as for a task.
  absl::Status CheckParameters(std::uint64_t bytes);

  // Rejects new tasks from now on.
  void Drain() { draining_ = true; }
  bool draining() const { return draining_ || shutdown_.stop_requested(); }
  // Waits until no task is held. False if it was stopped first.
  async::Task<bool> Idle(std::stop_token stop);

  const NodeOptions& options() const { return options_; }
  const CachedResults& cached_results() const { return cached_; }
  // Counts the tasks that wait, are held up or compute.
  std::size_t active_tasks() const { return active_tasks_; }
  std::int64_t finished_tasks() const { return finished_tasks_; }
  std::int64_t rejected_tasks() const { return rejected_tasks_; }

 private:
  std::optional<RejectReason> Rejects(const TrainTask& task) const;
  // The memory that the task takes at least: its rows are not known yet.
  absl::Status CheckTask(const TrainTask& task);
  absl::Status CheckNeed(const char* what, std::uint64_t bytes);
  async::Task<absl::StatusOr<AttemptOutcome>> TrainInLine(const TrainTask& task,
                                                          AttemptObserver& observer,
                                                          std::stop_token stop);
  async::Task<bool> HoldUp(const TrainTask& task, std::stop_token stop);
  async::Task<absl::Status> WaitForStart(const TrainTask& task,
                                         std::optional<async::FifoMutex::Ticket>& ticket,
                                         AttemptObserver& observer, std::stop_token stop);
  // Counts and keeps the result of a task.
  AttemptOutcome Finish(const TrainTask& task, Trained trained);

  const NodeOptions options_;
  async::Clock& clock_;
  ShardTrainer& trainer_;
  const LoadInjector injector_;
  const std::stop_token shutdown_;
  CachedResults cached_;
  async::FifoMutex compute_mutex_;
  bool draining_ = false;
  async::Signal ended_;  // a task has ended
  std::size_t active_tasks_ = 0;
  std::int64_t finished_tasks_ = 0;
  std::int64_t rejected_tasks_ = 0;
};

}  // namespace mlp::node
