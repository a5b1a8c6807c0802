// Training a shard a batch at a time (TrainsBatches of training_options.h).
#pragma once

#include <stop_token>

#include "absl/status/statusor.h"
#include "libmlp/train/evaluation.h"
#include "libmlp/train/network.h"
#include "libmlp/train/training_options.h"

namespace mlp {

struct BatchesResult {
  Evaluation training;  // of the last epoch, as TrainingResult has it
  int epochs_run = 0;
};

// Trains `network`, which must have been made for batches of the rows of `shard`, as Train says.
template <class T>
absl::StatusOr<BatchesResult> TrainBatches(Network<T>& network, const ModelSpec& spec,
                                           const Shard& shard, const TrainingOptions& options,
                                           const std::stop_token& stop);

}  // namespace mlp
