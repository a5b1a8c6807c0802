// Tests of a coordinator that starts again, in virtual time: jobs go on where they were, and no
// event that a watcher has seen is taken back.

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "services/base/retry_after.h"
#include "services/coordinator/run/await_nodes.h"
#include "test/coordinator/run/restarts.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a job goes on in mid-round with the shards that were kept, to the same bits") {
  World world;
  JobSpec spec = TinyData::Job();
  spec.hedge_after.reset();  // so that every shard is sent once
  const std::string id = world.CrashIn(spec, 2, 3);
  const std::int64_t attempts_before =
      static_cast<std::int64_t>(world.Of<events::AttemptDispatched>(id).size());
  Life second = world.Start();
  const Job job = second.Finish(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.model_digest == PlainDigest());

  const auto resumed = world.Of<events::Resumed>(id);
  REQUIRE(resumed.size() == 1);
  CHECK(resumed[0].rounds_done == 2);
  CHECK(resumed[0].restored_shards == 3);
  int again = 0;
  for (const auto& dispatched : world.Of<events::AttemptDispatched>(id)) {
    if (dispatched.attempt <= attempts_before) continue;
    ++again;
    CHECK(dispatched.attempt == attempts_before + again);
  }
  CHECK(again == 2 + 5);  // of the third round and of the fourth
  CHECK(job.validated_round == 4);
}

TEST_CASE("a job that stops early ends with its best round's model, wherever it was interrupted") {
  const auto finish = [](World& world, const std::string& id) {
    Life life = world.Start();
    return life.Finish(id);
  };
  World undisturbed;
  std::string id;
  {
    Life life = undisturbed.Start();
    id = life.Create(TinyData::JobWithEverything())->value().id;
    REQUIRE(life.Finish(id).state == JobState::kSucceeded);
  }
  const Job whole = finish(undisturbed, id);
  REQUIRE(whole.rounds_done < whole.spec.rounds);
  CHECK(whole.scores.exhausted_round == whole.rounds_done - 1);
  CHECK(whole.scores.best_round < whole.rounds_done);
  for (int rounds = 0; rounds <= whole.rounds_done; ++rounds) {
    World world;
    {
      Life first = world.Start();
      REQUIRE(first.Create(TinyData::JobWithEverything())->value().id == id);
      while (first.Get(id).rounds_done < rounds) REQUIRE(world.clock.RunOne());
      first.Crash();
    }
    const Job job = finish(world, id);
    INFO("interrupted after round " << rounds);
    CHECK(job.state == JobState::kSucceeded);
    CHECK(job.model_digest == whole.model_digest);
    CHECK(job.rounds_done == whole.rounds_done);
    CHECK(job.scores.best_round == whole.scores.best_round);
  }
}

namespace {

// The time from the restart to the first shard that was sent.
async::Duration FirstDispatchAfterResuming(const std::vector<JobEvent>& events) {
  std::optional<async::TimePoint> resumed;
  for (const JobEvent& event : events) {
    if (std::holds_alternative<events::Resumed>(event.body)) resumed = event.time;
    const bool sent = std::holds_alternative<events::AttemptDispatched>(event.body);
    if (resumed && sent) return event.time - *resumed;
  }
  return -1s;
}

}  // namespace

TEST_CASE("a job that goes on lets its nodes come back first, for a second and a half at most") {
  const auto [back, waits, told] = GENERATE(
      table<int, async::Duration, std::size_t>({{3, 0s, 0}, {2, 0s, 0}, {1, kNodesReturn, 2}}));
  World world;
  std::string id;
  {
    Life first = world.Start(2);
    id = first.Create(TinyData::Job())->value().id;
    first.RunUntil(id, 1, 1);
    CHECK(first.Get(id).nodes_up == 2);
    first.Crash();
  }
  Life second = world.Start(back);
  const Job job = second.Finish(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.model_digest == PlainDigest());
  CHECK(job.nodes_up == 0);
  CHECK(FirstDispatchAfterResuming(world.Events(id)) == waits);
  const auto waiting = world.Of<events::Waiting>(id);
  REQUIRE(waiting.size() == told);
  if (told > 0) CHECK_THAT(waiting[0].reason, Contains("not all nodes that it had (2) are back"));
}

TEST_CASE("a coordinator that is stopped leaves its jobs to the next one, in their order") {
  World world;
  std::vector<std::string> ids;
  {
    Life first = world.Start();
    for (int i = 0; i < 3; ++i) ids.push_back(first.Create(TinyData::Job())->value().id);
    first.RunUntil(ids[0], 1, 0);
    first.Stop();
    CHECK(first.Get(ids[0]).state == JobState::kRunning);
  }
  Life second = world.Start();
  const Job last = second.Finish(ids[2]);
  CHECK(last.state == JobState::kSucceeded);
  CHECK(*second.Get(ids[0]).end_time <= *second.Get(ids[1]).start_time);
  CHECK(*second.Get(ids[1]).end_time <= *last.start_time);
  CHECK(second.Get(ids[0]).model_digest == last.model_digest);
}

TEST_CASE(
    "a job that was cancelled before a crash stays cancelled, and its number is not used again") {
  World world;
  std::string id;
  {
    Life first = world.Start(0);
    id = first.Create(TinyData::Job())->value().id;
    world.clock.RunFor(1s);
    first.coordinator->Cancel(id).value();
    world.clock.RunFor(1s);
    REQUIRE(first.Get(id).state == JobState::kCancelled);
    first.Crash();
  }
  Life second = world.Start();
  CHECK(second.Get(id).state == JobState::kCancelled);
  CHECK(second.Create(TinyData::Job())->value().id == "job-2");
}

TEST_CASE("a repeated request is not answered before its job is written") {
  World world;
  Life first = world.Start();
  first.disk.full = true;
  const auto refused = first.Create(TinyData::Job(), "the request");
  REQUIRE(refused.has_value());
  CHECK(absl::IsResourceExhausted(refused->status()));
  CHECK(RetryAfterOf(refused->status()).has_value());
  // The job is known by now, but only to this process.
  const auto again = first.Create(TinyData::Job(), "the request");
  REQUIRE(again.has_value());
  CHECK(absl::IsResourceExhausted(again->status()));
  first.disk.full = false;
  world.clock.RunFor(2s);
  const auto written = first.Create(TinyData::Job(), "the request");
  REQUIRE(written->ok());
  first.Crash();
  Life second = world.Start();
  CHECK(second.Finish((*written)->id).state == JobState::kSucceeded);
}
