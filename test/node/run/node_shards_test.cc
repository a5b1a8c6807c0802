// Tests of the places from which a node gets its shards.

#include <catch2/catch.hpp>

#include "services/attempt/trained.h"
#include "test/node/run/node_world.h"
#include "test/support/no_descriptors.h"
#include "test/support/unprivileged.h"

namespace mlp::node {
namespace {

TEST_CASE("a shard is read once") {
  World world(0);
  world.Offer();
  world.clock.RunAll();
  std::filesystem::remove_all(world.data.path() / "xor");
  const Story& second = world.Offer();
  world.clock.RunAll();
  REQUIRE(second.trained());
  CHECK(second.result().load_time == 0s);
}

TEST_CASE("a node without a data directory fetches a shard, once") {
  World world(0, From::kSource);
  world.source.Add(kXor);
  world.source.takes = 2s;
  const Story& first = world.Offer();
  const Story& second = world.Offer();
  world.clock.RunAll();
  REQUIRE(first.trained());
  REQUIRE(second.trained());
  CHECK(first.result().load_time == 2s);
  CHECK(second.result().load_time == 0s);
  CHECK(world.source.asked.size() == 1);
}

TEST_CASE("what the data directory has is not fetched, what it lacks or has otherwise is") {
  World world(0, From::kBoth);
  world.source.Add(kXor);
  SECTION("there") {
    const Story& story = world.Offer();
    world.clock.RunAll();
    CHECK(story.trained());
    CHECK(world.source.asked.empty());
  }
  SECTION("missing") {
    std::filesystem::remove_all(world.data.path() / "xor");
    const Story& story = world.Offer();
    world.clock.RunAll();
    CHECK(story.trained());
    CHECK(world.source.asked.size() == 1);
  }
  SECTION("stale") {
    world.data.Write("xor", "train_1.txt", "1,1,1\n");
    const Story& story = world.Offer();
    world.clock.RunAll();
    CHECK(story.trained());
    CHECK(world.source.asked.size() == 1);
  }
  SECTION("out of the data directory: refused, not fetched") {
    world.task.data.dataset = "..";
    const Story& story = world.Offer();
    world.clock.RunAll();
    REQUIRE(story.ended());
    CHECK(story.code() == absl::StatusCode::kInvalidArgument);
    CHECK(world.source.asked.empty());
  }
}

TEST_CASE("a file in the data directory that cannot be read for the moment is fetched") {
  World world(0, From::kBoth);
  world.source.Add(kXor);
  const Story* const story = test::WithoutDescriptors([&] {
    const Story& offered = world.Offer();
    world.clock.RunAll();
    return &offered;
  });
  CHECK(story->trained());
  CHECK(world.source.asked.size() == 1);
}

TEST_CASE("a file in the data directory that may not be read is fetched") {
  World world(0, From::kBoth);
  world.source.Add(kXor);
  std::filesystem::permissions(world.data.path() / "xor" / "train_1.txt",
                               std::filesystem::perms::none);
  const test::Unprivileged user;
  const Story& story = world.Offer();
  world.clock.RunAll();
  CHECK(story.trained());
  CHECK(world.source.asked.size() == 1);
}

TEST_CASE("a fetch that fails fails the task with its code, names the file and frees the slot") {
  World world(0, From::kSource);
  world.source.failure = absl::UnavailableError("connection refused");
  const Story& failed = world.Offer();
  world.clock.RunAll();
  REQUIRE(failed.ended());
  CHECK(failed.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(failed.outcome->status().message()),
             Catch::Contains("xor/train_1.txt") && Catch::Contains("connection refused"));
  CHECK(world.node.active_tasks() == 0);
  world.source.failure = absl::OkStatus();
  world.source.Add(kXor);
  const Story& next = world.Offer();
  world.clock.RunAll();
  CHECK(next.trained());
}

TEST_CASE("a task that is stopped while its shard is fetched ends at once") {
  World world(0, From::kSource);
  world.source.Add(kXor);
  world.source.takes = 60s;
  Story& story = world.Offer();
  world.clock.RunFor(1s);
  CHECK_FALSE(story.ended());
  story.stop.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kCancelled);
}

TEST_CASE("bytes that are no shard fail the task as unfit for the node") {
  World world(0, From::kSource);
  world.task.data.sha256 = world.source.Add("no,numbers\n");
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace mlp::node
