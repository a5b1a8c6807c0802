// A synthetic workload, in place of training: gradients that are made up, and computing that takes
// a stated time. Experiments and simulations use it if the course of a job matters and not its
// model.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "services/async/clock.h"
#include "services/node/run/shard_trainer.h"

namespace mlp::simulation {

// Answers at once, and reads no file. A result has the right size and precision and is a function
// of model, round and shard alone. One row was trained, without error.
class SyntheticTrainer final : public node::ShardTrainer {
 public:
  async::Task<absl::StatusOr<Trained>> Train(const TrainTask& task, std::stop_token stop) override;
};

// The time that a task computes on the node's clock; at least 0.
using ComputeTime = std::function<std::chrono::nanoseconds(std::int32_t round, std::int32_t shard)>;

// Waits for `compute_time`, and then trains as `trainer` does. Both count as computing.
class TimedTrainer final : public node::ShardTrainer {
 public:
  TimedTrainer(async::Clock& clock, ComputeTime compute_time,
               std::unique_ptr<node::ShardTrainer> trainer);
  async::Task<absl::StatusOr<Trained>> Train(const TrainTask& task, std::stop_token stop) override;

 private:
  async::Clock& clock_;
  const ComputeTime compute_time_;
  const std::unique_ptr<node::ShardTrainer> trainer_;
};

}  // namespace mlp::simulation
