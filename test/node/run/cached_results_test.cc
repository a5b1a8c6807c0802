#include "services/node/run/cached_results.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "libmlp/model/parameters.h"
#include "services/attempt/trained.h"

namespace mlp::node {
namespace {

TrainTask Task(std::int32_t shard) {
  TrainTask task;
  task.job_id = "job-1";
  task.round = 3;
  task.shard = shard;
  task.data.sha256 = "data";
  task.parameters.sha256 = "parameters";
  task.model = std::make_shared<const ModelSpec>(ModelSpec{{2, 3, 2}, Activation::kTanh});
  return task;
}

// Returns a gradient of so many float64.
SharedTrained Result(std::size_t size) {
  Trained result;
  result.gradient = Share(Vector<double>(size));
  return std::make_shared<const Trained>(std::move(result));
}

std::vector<std::int32_t> ShardsIn(const CachedResults& kept) {
  std::vector<std::int32_t> shards;
  for (const CachedResults::Name& name : kept.Names()) shards.push_back(name.shard);
  return shards;
}

TEST_CASE("a result is found by the task that it is of") {
  CachedResults kept(10, 1000);
  const SharedTrained result = Result(4);
  kept.Keep(Task(7), result);
  CHECK(kept.Find(Task(7)) == result);
  CHECK(kept.Find(Task(8)) == nullptr);
  kept.Keep(Task(7), Result(4));  // computed twice
  CHECK(kept.Find(Task(7)) == result);
  CHECK(kept.bytes() == 32);
  const auto names = kept.Names();
  REQUIRE(names.size() == 1);
  CHECK(names[0].job_id == "job-1");
  CHECK(names[0].round == 3);
  CHECK(names[0].shard == 7);
}

TEST_CASE("a task that differs in anything that the bits depend on has no result") {
  CachedResults kept(10, 1000);
  kept.Keep(Task(7), Result(4));
  std::vector<TrainTask> others(8, Task(7));
  others[0].job_id = "job-2";
  others[1].round = 4;
  others[2].data.sha256 = "other data";
  others[3].parameters.sha256 = "other parameters";
  others[4].model = std::make_shared<const ModelSpec>(ModelSpec{{2, 3, 2}, Activation::kRelu});
  others[5].training.epochs = 11;
  others[6].training.learning_rate = 0.5;
  others[7].training.tolerance = 0.5;
  for (const TrainTask& other : others) CHECK(kept.Find(other) == nullptr);
}

TEST_CASE("how a task is offered does not matter") {
  CachedResults kept(10, 1000);
  kept.Keep(Task(7), Result(4));
  TrainTask again = Task(7);
  again.offer = 3;
  again.terms = {.slots = 2, .rejectable = false};
  CHECK(kept.Find(again) != nullptr);
}

TEST_CASE("of too many results the oldest go first") {
  CachedResults kept(3, 1000);
  for (const std::int32_t shard : {1, 2, 3, 4}) kept.Keep(Task(shard), Result(4));
  CHECK(ShardsIn(kept) == std::vector<std::int32_t>{2, 3, 4});
}

TEST_CASE("of too many bytes the oldest go first, and what is larger than all of them stays out") {
  CachedResults kept(100, 100);
  for (const std::int32_t shard : {1, 2, 3}) kept.Keep(Task(shard), Result(4));
  kept.Keep(Task(4), Result(8));
  CHECK(ShardsIn(kept) == std::vector<std::int32_t>{3, 4});
  CHECK(kept.bytes() == 96);
  kept.Keep(Task(5), Result(13));
  CHECK(ShardsIn(kept) == std::vector<std::int32_t>{3, 4});
}

}  // namespace
}  // namespace mlp::node
