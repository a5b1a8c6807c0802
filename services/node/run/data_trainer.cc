#include "services/node/run/data_trainer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/shard.h"
#include "libmlp/train/training.h"
#include "libmlp/train/training_memory.h"
#include "services/async/wait.h"
#include "services/attempt/trained.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
#include "services/node/run/shard_file.h"

namespace mlp::node {
namespace {

using async::Task;
using async::TimePoint;

// True if training takes less time than waking a worker would: about 20 microseconds of arithmetic,
// three products of the rows and the parameters an epoch.
bool IsBrief(const Shard& shard, const TrainTask& task) {
  constexpr double kBriefMultiplications = 100'000;
  return 3.0 * static_cast<double>(shard.rows()) *
             static_cast<double>(SizeOf(*task.parameters.values)) * task.training.epochs <=
         kBriefMultiplications;
}

absl::StatusOr<Trained> TrainOn(const Shard& shard, const TrainTask& task,
                                const std::stop_token& stop, int threads) {
  const absl::Status fits = CheckShard(*task.model, shard);
  if (!fits.ok()) {
    return WithContext(task.data.path(), absl::FailedPreconditionError(fits.message()));
  }
  absl::StatusOr<TrainingResult> result =
      mlp::Train(*task.model, *task.parameters.values, shard, task.training, stop, threads);
  if (!result.ok()) return result.status();
  return WithDigest(*std::move(result));
}

}  // namespace

DataTrainer::DataTrainer(DataTrainerOptions options, async::Clock& clock, async::Workers& workers,
                         ShardSource* source)
    : options_(std::move(options)),
      clock_(clock),
      workers_(workers),
      source_(source),
      cache_(options_.memory_bytes) {}

Task<absl::StatusOr<Trained>> DataTrainer::Train(const TrainTask& task, std::stop_token stop) {
  const TimePoint began = clock_.Now();
  const absl::StatusOr<LoadedShard> loaded = co_await FindShard(task.data, stop);
  if (!loaded.ok()) co_return loaded.status();
  absl::StatusOr<Trained> trained = co_await TrainOnLoaded(*loaded->shard, task, stop);
  if (!trained.ok()) co_return trained.status();
  trained->compute_time = clock_.Now() - began - loaded->load_time;
  trained->load_time = loaded->load_time;
  co_return *std::move(trained);
}

Task<absl::StatusOr<Trained>> DataTrainer::TrainOnLoaded(const Shard& shard, const TrainTask& task,
                                                         std::stop_token stop) {
  if (IsBrief(shard, task)) co_return TrainOn(shard, task, stop, 1);
  const std::uint64_t bytes = TrainingBytes(*task.model, PrecisionOf(*task.parameters.values),
                                            task.training, shard.rows(), options_.threads);
  const auto drop = [this] { DropKept(); };
  const absl::Status fits = CheckMemoryOrDrop("the task", bytes, options_.memory, drop);
  if (!fits.ok()) co_return fits;
  auto train = WithinMemory("the task", bytes, [&shard, &task, &stop, threads = options_.threads] {
    return TrainOn(shard, task, stop, threads);
  });
  co_return co_await async::Offload(workers_, std::move(train));
}

Task<absl::StatusOr<DataTrainer::LoadedShard>> DataTrainer::FindShard(
    const ShardReference& reference, std::stop_token stop) {
  LoadedShard loaded;
  loaded.shard = cache_.Find(reference.parsed_as());
  if (loaded.shard != nullptr) co_return loaded;
  const TimePoint started = clock_.Now();
  absl::StatusOr<std::shared_ptr<const Shard>> shard = co_await ReadShard(reference);
  const bool elsewhere =
      absl::IsFailedPrecondition(shard.status()) || absl::IsUnavailable(shard.status());
  if (source_ != nullptr && elsewhere) {
    shard = co_await FetchShard(reference, std::move(stop));
  }
  if (!shard.ok()) co_return shard.status();
  cache_.Insert(reference.parsed_as(), *shard);
  loaded.shard = *std::move(shard);
  loaded.load_time = clock_.Now() - started;
  co_return loaded;
}

Task<absl::StatusOr<std::shared_ptr<const Shard>>> DataTrainer::ReadShard(
    const ShardReference& reference) {
  if (!options_.data_dir) {
    co_return absl::FailedPreconditionError(
        absl::StrCat(reference.path(),
                     ": this node has neither a data directory nor a coordinator "
                     "to fetch from; start it with --coordinator"));
  }
  auto load = WithinMemory("the shard",
                           [this, &reference] { return LoadShard(*options_.data_dir, reference); });
  co_return co_await async::Offload(workers_, std::move(load));
}

Task<absl::StatusOr<std::shared_ptr<const Shard>>> DataTrainer::FetchShard(
    const ShardReference& reference, std::stop_token stop) {
  const absl::StatusOr<std::string> text =
      co_await source_->Fetch(reference.sha256, std::move(stop));
  if (!text.ok()) co_return WithContext(reference.path(), text.status());
  auto parse =
      WithinMemory("the shard", [&text, &reference] { return ParseShardFile(*text, reference); });
  co_return co_await async::Offload(workers_, std::move(parse));
}

}  // namespace mlp::node
