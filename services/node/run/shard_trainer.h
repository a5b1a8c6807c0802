// The seam to what computes a shard's gradient once a task's turn has come.
//
// Loop thread only, one task at a time.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/attempt/train_task.h"

namespace mlp {
struct Trained;
}  // namespace mlp

namespace mlp::node {

class ShardTrainer {
 public:
  virtual ~ShardTrainer() = default;
  // The result of the task, which outlives the call. Cancelled after `stop`; FailedPrecondition if
  // the shard is not to be had or does not fit the model, Unavailable if it could not be had now,
  // OutOfRange if parameters become non-finite, ResourceExhausted if the memory does not suffice.
  virtual async::Task<absl::StatusOr<Trained>> Train(const TrainTask& task,
                                                     std::stop_token stop) = 0;
  // Drops what it keeps only to be faster: memory is short.
  virtual void DropKept() {}
};

// Makes a trainer for the node whose clock that is.
using MakeShardTrainer = std::function<std::unique_ptr<ShardTrainer>(async::Clock& clock)>;

}  // namespace mlp::node
