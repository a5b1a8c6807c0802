// Tests of tasks that the machine has no memory for.

#include <catch2/catch.hpp>

#include "test/node/run/node_world.h"
#include "test/support/no_memory.h"

namespace mlp::node {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// The memory of a machine, as the test likes.
struct Machine {
  MachineMemory memory{1024 * kMiB, "its memory cgroup", 1024 * kMiB, "its memory cgroup"};
  LookAtMemory look() {
    return [this] { return memory; };
  }
};

// A world whose tasks have a model of 9,018,002 parameters, 69 MiB, and take over twice as much.
struct LargeWorld : World {
  explicit LargeWorld(LookAtMemory look) : World(0, From::kDirectory, std::move(look)) {
    task.model = Shared(ModelSpec{{2, 3000, 3000, 2}, Activation::kTanh});
    task.parameters.values = Share(
        InitialParameters(*task.model, Precision::kFloat64, Initialization::kGlorotUniform, 1));
    task.training.epochs = 1;
    task.training.learning_rate = 1e-6;
  }
};

TEST_CASE("a task that can never fit is refused before it is accepted, with the bytes it needs") {
  Machine machine;
  machine.memory.limit = machine.memory.available = 100 * kMiB;
  LargeWorld world(machine.look());
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.told.empty());
  CHECK(story.code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(story.outcome->status().message()),
             Catch::Matchers::Matches("not enough memory: the task needs about 1[0-9]0 MiB, and "
                                      "its memory cgroup allows 100 MiB"));
}

TEST_CASE("a task for which memory is short is refused for now, and taken when there is enough") {
  Machine machine;
  machine.memory.available = 100 * kMiB;
  LargeWorld world(machine.look());
  const Story& refused = world.Offer();
  world.clock.RunAll();
  REQUIRE(refused.ended());
  CHECK(refused.told.empty());
  CHECK(refused.code() == absl::StatusCode::kUnavailable);
  machine.memory.available = 1024 * kMiB;
  const Story& taken = world.Offer();
  world.clock.RunAll();
  CHECK(taken.trained());
}

TEST_CASE("memory that is short while another task computes is looked at again in turn") {
  Machine machine;
  LargeWorld world(machine.look());
  world.workers.Hold();
  const Story& first = world.Offer();
  world.clock.RunAll();
  machine.memory.available = 100 * kMiB;
  const Story& second = world.Offer();
  world.clock.RunAll();
  CHECK(second.told == Told{"accepted"});
  world.workers.Release();
  world.clock.RunAll();
  REQUIRE(second.ended());
  CHECK(second.code() == absl::StatusCode::kUnavailable);
  CHECK(first.ended());
}

TEST_CASE("shards that are only kept to be faster are dropped before a task is refused") {
  std::uint64_t looks = 0;
  // The second look of a check sees what was dropped.
  const LookAtMemory look = [&looks] {
    const std::uint64_t left = ++looks % 2 == 1 ? 100 * kMiB : 1024 * kMiB;
    return MachineMemory{1024 * kMiB, "the machine", left, "the machine"};
  };
  LargeWorld world(look);
  world.Offer();
  world.clock.RunAll();
  CHECK(world.stories.back().trained());
  CHECK(looks == 4);
  std::filesystem::remove_all(world.data.path() / "xor");
  const Story& without = world.Offer();
  world.clock.RunAll();
  REQUIRE(without.ended());
  CHECK(without.code() == absl::StatusCode::kFailedPrecondition);  // the shard has to be read again
}

TEST_CASE("an allocation that fails fails the task, and the node trains the next one") {
  if (!test::kCanTakeMemoryAway) return;
  LargeWorld world({});
  Story& story = world.Offer();
  test::WithoutMemory(16 * kMiB, [&] { world.clock.RunAll(); });
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(story.outcome->status().message()),
             Catch::Matchers::Matches("not enough memory: the task needs about 1[0-9]0 MiB"));
  const Story& next = world.Offer();
  world.clock.RunAll();
  CHECK(next.trained());
}

}  // namespace
}  // namespace mlp::node
