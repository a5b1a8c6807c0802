#include "services/node/run/node.h"

#include <catch2/catch.hpp>

#include "libmlp/data/shard.h"
#include "libmlp/train/training.h"
#include "services/attempt/trained.h"
#include "test/node/run/node_world.h"

namespace mlp::node {
namespace {

const Told kAccepted = {"accepted"};
const Told kStarted = {"accepted", "started"};

TEST_CASE("a task is accepted, started and trained as mlp::Train does it") {
  World world(0);
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.trained());
  CHECK(story.told == kStarted);
  CHECK(story.queued_behind == 0);
  CHECK(story.queued_for == 0s);
  CHECK(story.held_up_for == 0s);
  const Shard shard = ParseShard(kXor, "xor").value();
  const TrainingResult expected =
      Train(*world.task.model, *world.task.parameters.values, shard, world.task.training).value();
  CHECK(*story.result().gradient == expected.gradient);
  CHECK(story.result().epochs_run == 5);
  CHECK(story.result().training.loss == expected.training.loss);
  CHECK(world.node.finished_tasks() == 1);
  CHECK(world.node.active_tasks() == 0);
}

TEST_CASE("a task that comes again is answered with the result that was kept, at once") {
  World world;
  world.task.job_id = "job-1";
  const Story& first = world.Offer();
  world.clock.RunAll();
  REQUIRE(first.trained());
  REQUIRE(first.ended_after == 3s);
  world.task.offer = 1;
  const Story& again = world.Offer();
  world.clock.RunFor(0s);
  REQUIRE(again.trained());
  CHECK(again.told == kStarted);
  CHECK(again.held_up_for == 0s);
  CHECK(again.result().gradient == first.result().gradient);
  CHECK(world.node.finished_tasks() == 1);
  CHECK(world.node.active_tasks() == 0);
}

TEST_CASE("a task that was stopped before it was computed leaves no result") {
  World world(0);
  world.task.job_id = "job-1";
  world.workers.Hold();
  const Story& computing = world.Offer();
  Story& waiting = world.Offer();
  world.clock.RunFor(0s);
  waiting.stop.request_stop();
  world.workers.Release();
  world.clock.RunAll();
  REQUIRE(computing.trained());
  REQUIRE(waiting.code() == absl::StatusCode::kCancelled);
  CHECK(world.node.cached_results().Names().size() == 1);
}

TEST_CASE("a node that drains or rejects still answers with what it has kept") {
  World world(1);
  world.task.job_id = "job-1";
  world.Offer();
  world.clock.RunAll();
  world.task.terms.rejectable = true;
  world.node.Drain();
  CHECK(world.Offer().trained());
}

TEST_CASE("tasks are trained one at a time, first come, first served") {
  World world;
  const Story& first = world.Offer();
  const Story& second = world.Offer();
  const Story& third = world.Offer();
  CHECK(world.node.active_tasks() == 3);
  world.clock.RunAll();
  REQUIRE(first.trained());
  REQUIRE(second.trained());
  REQUIRE(third.trained());
  CHECK(first.queued_behind == 0);
  CHECK(second.queued_behind == 1);
  CHECK(third.queued_behind == 2);
  CHECK(first.queued_for == 0s);
  CHECK(second.queued_for == 3s);
  CHECK(third.queued_for == 6s);
  CHECK(third.held_up_for == 3s);
  CHECK(third.ended_after == 9s);
}

TEST_CASE("a task that is held up has not started, and starts when the delay has passed") {
  World world;
  const Story& story = world.Offer();
  world.clock.RunFor(2999ms);
  CHECK(story.told == kAccepted);
  world.clock.RunFor(1ms);
  CHECK(story.told == kStarted);
  CHECK(story.held_up_for == 3s);
}

TEST_CASE("a second offer of the same shard in the same round is held up alike") {
  World world(0.5);
  for (int shard = 0; shard < 20; ++shard) {
    world.task.shard = shard;
    world.task.offer = 0;
    const Story& first = world.Offer();
    world.clock.RunAll();
    world.task.offer = 1;
    const Story& second = world.Offer();
    world.clock.RunAll();
    CHECK(first.held_up_for == second.held_up_for);
  }
}

TEST_CASE("a node that holds twice as many tasks as it has slots rejects the next one") {
  World world;
  world.task.terms.slots = 2;
  for (int i = 0; i < 4; ++i) world.Offer();
  CHECK(world.node.active_tasks() == 4);
  const Story& story = world.Offer();
  CHECK(story.rejection() == RejectReason::kBusy);
  CHECK(story.told.empty());
  CHECK(world.node.rejected_tasks() == 1);
  CHECK(world.node.active_tasks() == 4);
}

TEST_CASE("with slots, tasks are held up side by side and computed one after the other") {
  World world;
  world.task.terms.slots = 3;
  const Story& first = world.Offer();
  const Story& second = world.Offer();
  const Story& third = world.Offer();
  CHECK(third.queued_behind == 2);
  world.clock.RunFor(2999ms);
  CHECK(first.told == kAccepted);
  CHECK(third.told == kAccepted);
  world.clock.RunAll();
  for (const Story* story : {&first, &second, &third}) {
    CHECK(story->trained());
    CHECK(story->held_up_for == 3s);
    CHECK(story->ended_after == 3s);  // computing takes no virtual time here
  }
}

TEST_CASE("with slots, a task that is not held up overtakes one that is") {
  World world(0.5);
  world.task.terms.slots = 2;
  const LoadInjector draws(world.node.options().load, world.node.options().name);
  while (draws.HoldUp(world.task.round, world.task.shard) == 0s) ++world.task.shard;
  const Story& held_up = world.Offer();
  while (draws.HoldUp(world.task.round, world.task.shard) > 0s) ++world.task.shard;
  const Story& quick = world.Offer();
  world.clock.RunFor(1s);
  CHECK(quick.trained());
  CHECK(quick.queued_behind == 1);
  CHECK_FALSE(held_up.ended());
}

TEST_CASE("injected load rejects only a task that may be rejected") {
  World world(1);
  world.task.terms.rejectable = true;
  CHECK(world.Offer().rejection() == RejectReason::kLoad);
  world.task.terms.rejectable = false;
  const Story& story = world.Offer();
  world.clock.RunAll();
  CHECK(story.trained());
}

TEST_CASE("a shard that is offered again may be accepted") {
  World world(0.8);
  world.task.terms.rejectable = true;
  world.task.offer = 0;
  while (world.task.offer < 100 && world.Offer().rejection() == RejectReason::kLoad) {
    ++world.task.offer;
  }
  world.clock.RunAll();
  CHECK(world.stories.back().trained());
  CHECK(world.node.rejected_tasks() == world.task.offer);
}

TEST_CASE("a task stopped in the queue leaves it, the others keep their turns") {
  World world;
  const Story& first = world.Offer();
  Story& second = world.Offer();
  const Story& third = world.Offer();
  world.clock.RunFor(1s);
  second.stop.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(second.ended());
  CHECK(second.code() == absl::StatusCode::kCancelled);
  CHECK(second.told == kAccepted);
  CHECK(world.node.active_tasks() == 2);
  world.clock.RunAll();
  CHECK(first.ended_after == 3s);
  CHECK(third.ended_after == 6s);
}

TEST_CASE("a task stopped while it is held up frees the slot at once") {
  World world;
  Story& first = world.Offer();
  const Story& second = world.Offer();
  world.clock.RunFor(1s);
  first.stop.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(first.ended());
  CHECK(first.code() == absl::StatusCode::kCancelled);
  world.clock.RunAll();
  CHECK(second.queued_for == 1s);
  CHECK(second.ended_after == 4s);
}

TEST_CASE("a task stopped while it computes ends cancelled and frees the slot") {
  World world(0);
  world.workers.Hold();
  Story& first = world.Offer();
  const Story& second = world.Offer();
  world.clock.RunAll();
  REQUIRE(first.told == kStarted);
  REQUIRE(world.workers.waiting() == 1);
  first.stop.request_stop();
  world.workers.Release();
  world.clock.RunAll();
  REQUIRE(first.ended());
  CHECK(first.code() == absl::StatusCode::kCancelled);
  CHECK(second.trained());
  CHECK(world.node.finished_tasks() == 1);
}

TEST_CASE("a task that was stopped before it came never starts") {
  World world(0);
  Story& story = world.stories.emplace_back();
  story.stop.request_stop();
  world.tasks.Spawn(world.Follow(story));
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kCancelled);
  CHECK(story.told == kAccepted);
}

TEST_CASE("shutdown ends what has not started and lets what computes finish") {
  World world(0);
  world.workers.Hold();
  const Story& computing = world.Offer();
  const Story& queued = world.Offer();
  world.clock.RunAll();
  world.shutdown.request_stop();
  world.clock.RunAll();
  REQUIRE(queued.ended());
  CHECK(queued.code() == absl::StatusCode::kUnavailable);
  CHECK_FALSE(computing.ended());
  CHECK(world.Offer().rejection() == RejectReason::kShuttingDown);
  world.workers.Release();
  world.clock.RunAll();
  CHECK(computing.trained());
}

TEST_CASE("shutdown ends a task that is held up") {
  World world;
  const Story& story = world.Offer();
  world.clock.RunFor(1s);
  world.shutdown.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("a task that fails frees the slot") {
  World world(0);
  SECTION("because its file is not there") { world.task.data.file = "train_2.txt"; }
  SECTION("because the shard does not fit the model") {
    world.task.model = Shared(ModelSpec{{3, 2}, Activation::kRelu});
    world.task.parameters.values = Share(ZeroParameters(Precision::kFloat64, 8));
  }
  const Story& failed = world.Offer();
  world.clock.RunAll();
  REQUIRE(failed.ended());
  CHECK(failed.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(failed.outcome->status().message()), Catch::StartsWith("xor/train_"));
  CHECK(world.node.active_tasks() == 0);
  CHECK(world.node.finished_tasks() == 0);
}

TEST_CASE("training that diverges is out of range") {
  World world(0);
  // Tanh would keep it bounded.
  world.task.model = Shared(ModelSpec{{2, 3, 2}, Activation::kIdentity});
  world.task.training.learning_rate = 1e300;
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace mlp::node
