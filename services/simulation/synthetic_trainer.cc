#include "services/simulation/synthetic_trainer.h"

#include <random>
#include <type_traits>
#include <utility>
#include <variant>

#include "libmlp/model/parameters.h"
#include "libmlp/train/training.h"
#include "services/async/wait.h"
#include "services/attempt/trained.h"

namespace mlp::simulation {
namespace {

using async::Task;

TrainingResult SyntheticTraining(const ModelSpec& model, Precision precision, std::int32_t round,
                                 std::int32_t shard) {
  TrainingResult result{ZeroParameters(precision, ParameterCount(model)), {}, 1};
  result.training.rows = 1;
  const auto key = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(round)) << 32) |
                   static_cast<std::uint32_t>(shard);
  std::minstd_rand random(static_cast<std::uint32_t>(key % 2147483647U) + 1U);
  const auto fill = [&random](auto& gradient) {
    using Element = typename std::decay_t<decltype(gradient)>::value_type;
    // Elements lie within +-2^-11: they are small, so that a job of many rounds stays finite.
    for (auto& element : gradient) {
      const auto drawn = static_cast<std::int64_t>(random()) - (std::int64_t{1} << 30);
      element = static_cast<Element>(static_cast<double>(drawn) / static_cast<double>(1ULL << 41));
    }
  };
  std::visit(fill, result.gradient);
  return result;
}

}  // namespace

Task<absl::StatusOr<Trained>> SyntheticTrainer::Train(const TrainTask& task, std::stop_token) {
  Trained trained = WithDigest(
      SyntheticTraining(*task.model, PrecisionOf(*task.parameters.values), task.round, task.shard));
  co_return trained;
}

TimedTrainer::TimedTrainer(async::Clock& clock, ComputeTime compute_time,
                           std::unique_ptr<node::ShardTrainer> trainer)
    : clock_(clock), compute_time_(std::move(compute_time)), trainer_(std::move(trainer)) {}

Task<absl::StatusOr<Trained>> TimedTrainer::Train(const TrainTask& task, std::stop_token stop) {
  const async::TimePoint began = clock_.Now();
  const async::Duration takes = compute_time_(task.round, task.shard);
  const bool go_on = co_await async::SleepFor(clock_, takes, stop);
  if (!go_on) co_return absl::CancelledError("the call was cancelled");
  absl::StatusOr<Trained> result = co_await trainer_->Train(task, stop);
  if (result.ok()) result->compute_time = clock_.Now() - began - result->load_time;
  co_return result;
}

}  // namespace mlp::simulation
