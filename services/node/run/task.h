// One attempt to train one shard, as the node sees it: what is asked for, what is told on the way,
// how it ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "libmlp/model/model_spec.h"
#include "libmlp/train/training.h"
#include "services/async/task.h"
#include "services/node/run/shard_file.h"

namespace mlp::node {

struct TaskRequest {
  std::string job_id;  // for logs
  std::int32_t round = 1;
  std::int32_t shard = 0;
  std::int32_t offer = 0;  // how often the shard was offered to this node in this round before
  ShardReference data;
  ModelSpec model;                               // passed CheckModelSpec
  std::shared_ptr<const Parameters> parameters;  // (ParameterCount(model))
  // Of the parameters' bytes; may be empty where job and round say as much.
  std::string parameters_sha256;
  TrainingOptions options;
  // Tasks that the node may hold: their hold-ups overlap, one at a time computes. 0: any number,
  // one at a time is held up and computes.
  int slots = 0;
  bool rejectable = true;  // injected load may reject it
};

enum class Rejection : std::uint8_t { kBusy, kLoad, kShuttingDown };

struct TaskResult {
  TrainingResult training;
  std::chrono::nanoseconds compute_time{};
  std::chrono::nanoseconds load_time{};  // zero where the shard was in memory
};

using SharedResult = std::shared_ptr<const TaskResult>;

using TaskOutcome = std::variant<Rejection, SharedResult>;

// Is told what happens to a task, in this order, each at most once; the task goes on when the
// observer is done. Nothing is told of a rejection.
class TaskObserver {
 public:
  virtual ~TaskObserver() = default;
  // The node will train the shard after `queued_behind` other tasks.
  virtual async::Task<void> OnAccepted(std::size_t queued_behind) = 0;
  // The arithmetic begins.
  virtual async::Task<void> OnStarted(std::chrono::nanoseconds queued_for,
                                      std::chrono::nanoseconds held_up_for) = 0;
};

}  // namespace mlp::node
