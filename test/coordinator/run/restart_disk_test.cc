// Tests of a coordinator and its disk, before and after it starts again, in virtual time.

#include <catch2/catch.hpp>
#include <memory>
#include <utility>

#include "services/coordinator/job/dataset.h"
#include "test/coordinator/run/restarts.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("while the disk is full a job pauses and says so, and goes on when there is room") {
  World world;
  Life life = world.Start();
  const std::string id = life.Create(TinyData::Job())->value().id;
  life.RunUntil(id, 1, 2);
  life.disk.full = true;
  world.clock.RunFor(30s);
  const Job paused = life.Get(id);
  CHECK(paused.state == JobState::kRunning);
  CHECK_THAT(paused.detail, Contains("paused: no room on the disk"));
  CHECK_THAT(life.coordinator->Explain(id)->waiting_for, Contains("paused: no room on the disk"));
  CHECK(life.Get(id).rounds_done == paused.rounds_done);
  life.disk.full = false;
  const Job job = life.Finish(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.model_digest == PlainDigest());
  const auto waits = world.Of<events::Waiting>(id);
  REQUIRE(waits.size() == 2);
  CHECK_THAT(waits[0].reason, Contains("paused"));
  CHECK(waits[1].reason.empty());
}

TEST_CASE("a watcher is told of nothing that a crash takes back") {
  World world;
  Life first = world.Start();
  const std::string id = first.Create(TinyData::Job())->value().id;
  first.RunUntil(id, 1, 0);
  first.disk.full = true;
  world.clock.RunFor(5s);
  const std::size_t written = world.Events(id).size();
  CHECK(first.EventsTold(id) == written);
  CHECK(first.journal.last_sequence(id) > static_cast<std::int64_t>(written));
}

TEST_CASE("nobody is told of what is written and not synced, and the job waits for it") {
  World world;
  Life life = world.Start();
  const std::string id = life.Create(TinyData::Job())->value().id;
  life.RunUntil(id, 1, 0);
  life.disk.unsynced = true;
  world.clock.RunFor(1ms);  // one sync may be done already
  const std::size_t before = life.EventsTold(id);
  world.clock.RunFor(5s);
  CHECK(world.Events(id).size() > before);
  CHECK(life.EventsTold(id) == before);
  CHECK_THAT(life.Get(id).detail, Contains("paused: the disk does not answer"));
  const auto refused = life.Create(TinyData::Job());
  REQUIRE(refused.has_value());
  CHECK(absl::IsUnavailable(refused->status()));
  life.disk.unsynced = false;
  const Job job = life.Finish(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.model_digest == PlainDigest());
  world.clock.RunFor(1s);
  CHECK(life.EventsTold(id) == world.Events(id).size());
}

TEST_CASE("a coordinator that cannot sync what the one before it wrote does not start") {
  World world;
  async::InlineWorkers workers(world.clock);
  NoJobLog log;
  Disk disk(world.store);
  disk.unsynced = true;
  Journal journal(world.clock, workers, workers, disk, log, world.options);
  CHECK(absl::IsUnavailable(journal.Open()));
}

TEST_CASE("a job whose dataset has changed since it was created fails and says so") {
  World world;
  const std::string id = world.CrashIn(TinyData::Job(), 1, 0);
  world.load = [](const std::string&) -> absl::StatusOr<std::shared_ptr<const Dataset>> {
    auto other = std::make_shared<Dataset>(**TinyData::Dataset());
    other->shards[0].sha256[0] ^= 1;
    return std::shared_ptr<const Dataset>(other);
  };
  Life second = world.Start();
  const Job job = second.Finish(id);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("dataset tiny has changed since the job was created"));
}

TEST_CASE("a job whose dataset cannot be read after a restart waits for it") {
  World world;
  const std::string id = world.CrashIn(TinyData::Job(), 1, 0);
  bool there = false;
  world.load = [&there](const std::string&) -> absl::StatusOr<std::shared_ptr<const Dataset>> {
    if (!there) return absl::NotFoundError("the volume is not mounted");
    return TinyData::Dataset();
  };
  Life second = world.Start();
  world.clock.RunFor(1min);
  CHECK(second.Get(id).state == JobState::kRunning);
  CHECK_THAT(second.Get(id).detail, Contains("cannot read the dataset: the volume is not mounted"));
  CHECK_THAT(second.coordinator->Explain(id)->waiting_for, Contains("restart"));
  there = true;
  CHECK(second.Finish(id).model_digest == PlainDigest());
}

TEST_CASE(
    "of ended jobs the oldest are forgotten, also by the store, and one that runs cannot be "
    "removed") {
  World world;
  world.options.keep_jobs = 2;
  Life life = world.Start();
  for (int i = 0; i < 4; ++i) life.Finish(life.Create(TinyData::Job())->value().id);
  world.clock.RunFor(1ms);  // writes the events recorded so far
  CHECK(world.store.Load()->jobs.size() == 2);
  CHECK(absl::IsNotFound(life.coordinator->Get("job-1").status()));

  struct Remover {
    Coordinator& coordinator;
    absl::Status status;
    async::Task<> Remove(std::string job) { status = co_await coordinator.Remove(std::move(job)); }
  } remover{*life.coordinator, {}};
  async::TaskGroup removals;
  removals.Spawn(remover.Remove("job-4"));
  world.clock.RunFor(1ms);
  CHECK(remover.status.ok());
  CHECK(world.store.Load()->jobs.size() == 1);
  const std::string running = life.Create(TinyData::Job())->value().id;
  removals.Spawn(remover.Remove(running));
  world.clock.RunFor(1ms);
  CHECK(absl::IsFailedPrecondition(remover.status));
  CHECK(running == "job-5");
}
