// Trains shards on their data, which comes from memory, from the data directory or from a source.
//
// Files and all but the briefest arithmetic are left to `workers`. A training that is stopped ends
// within one epoch.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/base/machine_memory.h"
#include "services/node/cache/shard_cache.h"
#include "services/node/run/shard_source.h"
#include "services/node/run/shard_trainer.h"

namespace mlp::node {

struct DataTrainerOptions {
  std::optional<std::filesystem::path> data_dir;
  std::size_t memory_bytes = std::size_t{256} << 20;  // for parsed shards
  int threads = 1;      // that a task computes on at most, if its model is large
  LookAtMemory memory;  // empty: tasks are begun whatever they need
};

class DataTrainer final : public ShardTrainer {
 public:
  // `source`, if any, has what the data directory lacks. All that is referred to outlives the
  // trainer.
  DataTrainer(DataTrainerOptions options, async::Clock& clock, async::Workers& workers,
              ShardSource* source = nullptr);

  // FailedPrecondition also if there is no source, and the file is missing or differs in the data
  // directory; Unavailable: the source cannot be reached, or the memory is not there now.
  // ResourceExhausted: the memory is never there, or an allocation failed.
  async::Task<absl::StatusOr<Trained>> Train(const TrainTask& task, std::stop_token stop) override;
  // Drops the parsed shards; the one that is trained on lives on.
  void DropKept() override { cache_.Clear(); }

 private:
  struct LoadedShard {
    std::shared_ptr<const Shard> shard;
    async::Duration load_time{};
  };

  async::Task<absl::StatusOr<Trained>> TrainOnLoaded(const Shard& shard, const TrainTask& task,
                                                     std::stop_token stop);
  async::Task<absl::StatusOr<LoadedShard>> FindShard(const ShardReference& reference,
                                                     std::stop_token stop);
  async::Task<absl::StatusOr<std::shared_ptr<const Shard>>> ReadShard(
      const ShardReference& reference);
  async::Task<absl::StatusOr<std::shared_ptr<const Shard>>> FetchShard(
      const ShardReference& reference, std::stop_token stop);

  const DataTrainerOptions options_;
  async::Clock& clock_;
  async::Workers& workers_;
  ShardSource* const source_;  // nullptr: none
  ShardCache cache_;
};

}  // namespace mlp::node
