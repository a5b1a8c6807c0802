// Work that is given rather than done: computing that takes a stated time, and gradients that are
// made up. For experiments and simulations, where the course of a job matters and not its model.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "libmlp/model/model_spec.h"
#include "libmlp/model/precision.h"
#include "libmlp/train/training.h"

namespace mlp::node {

struct SyntheticWorkload {
  // How long computing takes on the node's clock; at least 0. Empty: as long as the arithmetic
  // takes.
  std::function<std::chrono::nanoseconds(std::int32_t round, std::int32_t shard)> compute_time;
  // The gradient is SyntheticTraining, for which no file is read. False: the real arithmetic is
  // done, after compute_time.
  bool synthetic = false;
};

// A result of the right size and precision that is a function of model, round and shard alone. One
// row was trained, without error.
TrainingResult SyntheticTraining(const ModelSpec& model, Precision precision, std::int32_t round,
                                 std::int32_t shard);

}  // namespace mlp::node
