// The results of a round so far: the sum of its gradients, and figures of its shards' training.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "services/coordinator/job/aggregator.h"
#include "services/coordinator/job/job.h"

namespace mlp {
struct ShardResult;
}  // namespace mlp

namespace mlp::coordinator {

struct Dataset;

struct RoundResult {
  // Begins a round that starts from `parameters`; no shard is trained.
  RoundResult(const Job& job, const Dataset& dataset, const Parameters& parameters);

  // Counts the shard. Errors are the aggregator's.
  absl::Status Add(int shard, const ShardResult& result);

  Aggregator gradients;
  std::size_t training_rows = 0;
  std::size_t wrong_rows = 0;
  double training_loss = 0;
  std::int64_t epochs_run = 0;
};

}  // namespace mlp::coordinator
