// What a coordinator finds when it starts again, in virtual time: jobs go on where they were, and
// nothing that anybody was told is taken back.

#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/coordinator/await_nodes.h"
#include "services/coordinator/coordinator.h"
#include "services/coordinator/file_job_log.h"
#include "services/coordinator/memory_store.h"
#include "services/local/simulated_cluster.h"
#include "test/sim/chaos/tiny_data.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;
using chaos::TinyData;

namespace {

// A disk that can be full. Once it is cut off, nothing reaches it any more.
class Disk final : public Store {
 public:
  explicit Disk(MemoryStore& store) : store_(store) {}
  absl::StatusOr<StoredState> Load() override { return store_.Load(); }
  absl::Status Commit(const std::vector<Change>& changes) override {
    if (full || cut_off) return absl::ResourceExhaustedError("no room on the disk");
    return store_.Commit(changes);
  }
  absl::Status Sync() override {
    return unsynced ? absl::UnavailableError("the disk does not answer") : store_.Sync();
  }
  absl::StatusOr<std::vector<JobEvent>> Events(const std::string& id, std::int64_t from,
                                               std::size_t limit) override {
    return store_.Events(id, from, limit);
  }
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) override {
    return store_.GetModel(id);
  }
  absl::StatusOr<JobProgress> GetProgress(const std::string& id) override {
    return store_.GetProgress(id);
  }

  bool full = false;
  bool unsynced = false;
  bool cut_off = false;

 private:
  MemoryStore& store_;
};

// One life of a coordinator.
class Life {
 public:
  Life(async::VirtualClock& clock, MemoryStore& store, int nodes, JournalOptions options,
       LoadDataset load)
      : clock_(clock),
        workers_(clock),
        disk(store),
        cluster(clock, workers_, 500us),
        journal(clock, workers_, workers_, disk, log_, options) {
    REQUIRE(journal.Open().ok());
    coordinator.emplace(clock, workers_, cluster, journal, std::move(load));
    for (int number = 0; number < nodes; ++number) {
      node::NodeOptions node;
      node.name = "node-" + std::to_string(number + 1);
      node.data_dir = TinyData::Path();
      node.given_work.compute_time = [](auto, auto) { return 10ms; };
      cluster.Start(cluster.AddNode(node));
    }
    flows_.Spawn(coordinator->Run(stop_.get_token()));
  }
  ~Life() { Stop(); }

  // As SIGTERM does.
  void Stop() {
    stop_.request_stop();
    while (flows_.running() > 0 && clock_.RunOne()) {
    }
  }
  // As SIGKILL does.
  void Crash() {
    disk.cut_off = true;
    Stop();
  }
  // Create, until it is answered or `patience` has passed.
  std::optional<absl::StatusOr<Job>> Create(JobSpec spec, std::string request_id = "",
                                            async::Duration patience = 1s) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<Job>>>();
    flows_.Spawn(Ask(std::move(spec), std::move(request_id), answer));
    const auto end = clock_.Now() + patience;
    while (!*answer && clock_.Now() < end && clock_.RunOne()) {
    }
    return *answer;
  }
  Job Get(const std::string& id) { return coordinator->Get(id).value(); }
  Job Finish(const std::string& id) {
    while (!IsFinal(Get(id).state) && clock_.RunOne()) {
    }
    clock_.RunFor(0ns);  // what was recorded now is written now
    return Get(id);
  }
  // How many events a watcher has been told by now.
  std::size_t EventsTold(const std::string& id) {
    std::size_t told = 0;
    flows_.Spawn(CountEvents(id, told));
    clock_.RunFor(1ms);
    return told;
  }
  // Until the job has finished so many rounds and so many shards of the next one.
  void RunUntil(const std::string& id, int rounds, std::size_t shards) {
    const auto there = [&] {
      const JobProgress progress = disk.GetProgress(id).value();
      return Get(id).rounds_done == rounds && progress.shards.size() == shards;
    };
    while (!there()) REQUIRE(clock_.RunOne());
  }

 private:
  async::Task<> Ask(JobSpec spec, std::string request_id,
                    std::shared_ptr<std::optional<absl::StatusOr<Job>>> answer) {
    absl::StatusOr<Job> job = co_await coordinator->Create(std::move(spec), std::move(request_id));
    *answer = std::move(job);
  }
  async::Task<> CountEvents(std::string id, std::size_t& told) {
    while (true) {
      const auto next = static_cast<std::int64_t>(told) + 1;
      const auto events = co_await coordinator->EventsSoFar(id, next);
      if (events->empty()) break;
      told += events->size();
    }
  }

  async::VirtualClock& clock_;
  async::InlineWorkers workers_;
  NoJobLog log_;

 public:
  Disk disk;
  local::SimulatedCluster cluster;
  Journal journal;
  std::optional<Coordinator> coordinator;

 private:
  std::stop_source stop_;
  async::TaskGroup flows_;
};

struct World {
  Life Start(int nodes = 2) { return Life(clock, store, nodes, options, load); }
  std::vector<JobEvent> Events(const std::string& id) {
    return store.Events(id, 1, std::numeric_limits<std::size_t>::max()).value();
  }
  template <class Event>
  std::vector<Event> Of(const std::string& id) {
    std::vector<Event> found;
    for (const JobEvent& event : Events(id)) {
      if (const auto* body = std::get_if<Event>(&event.body)) found.push_back(*body);
    }
    return found;
  }

  async::VirtualClock clock;
  MemoryStore store;
  JournalOptions options{.durable = true};
  LoadDataset load = [](const std::string&) { return TinyData::Dataset(); };
};

std::string PlainDigest() {
  World world;
  Life life = world.Start();
  return life.Finish(life.Create(TinyData::Job())->value().id).model_digest;
}

}  // namespace

TEST_CASE("a job goes on in mid-round with the shards that were kept, to the same bits") {
  World world;
  std::string id;
  JobSpec spec = TinyData::Job();
  spec.hedge_after.reset();  // so that every shard is sent once
  {
    Life first = world.Start();
    id = first.Create(spec)->value().id;
    first.RunUntil(id, 2, 3);
    first.Crash();
  }
  const std::int64_t attempts_before =
      static_cast<std::int64_t>(world.Of<events::AttemptDispatched>(id).size());
  Life second = world.Start();
  const Job job = second.Finish(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.model_digest == PlainDigest());

  const auto resumed = world.Of<events::Resumed>(id);
  REQUIRE(resumed.size() == 1);
  CHECK(resumed[0].rounds_done == 2);
  CHECK(resumed[0].kept_shards == 3);
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

TEST_CASE("the model of the best round is what was measured best") {
  World world;
  std::string id;
  Job job;
  {
    Life life = world.Start();
    id = life.Create(TinyData::JobWithEverything())->value().id;
    job = life.Finish(id);
  }
  const auto model = world.store.GetModel(id).value();
  const auto measured =
      Evaluate(model->spec, model->parameters, TinyData::Dataset().value()->validation);
  CHECK(measured->wrong_rows == job.scores.best.wrong_rows);
  CHECK(measured->loss == job.scores.best.loss);
}

TEST_CASE(
    "a job that begins with another's model goes on from it, also after a restart and its "
    "removal") {
  const auto train_on = [](bool crash) {
    World world;
    JobSpec spec = TinyData::Job();
    spec.rounds = 2;
    std::string second_id;
    {
      Life life = world.Start();
      const std::string id = life.Create(spec)->value().id;
      REQUIRE(life.Finish(id).state == JobState::kSucceeded);
      spec.initial_model = id;
      second_id = life.Create(spec)->value().id;
      if (!crash) return life.Finish(second_id).model_digest;
      life.Crash();
    }
    Life life = world.Start();
    return life.Finish(second_id).model_digest;
  };
  JobSpec four = TinyData::Job();
  REQUIRE(four.rounds == 4);
  CHECK(train_on(false) == PlainDigest());
  CHECK(train_on(true) == PlainDigest());
}

TEST_CASE("validation rows beyond what the model can take fail the job and say so") {
  World world;
  world.load = [](const std::string&) -> absl::StatusOr<std::shared_ptr<const Dataset>> {
    auto dataset = std::make_shared<Dataset>(**TinyData::Dataset());
    dataset->validation.features(0, 0) = 1e39;  // infinite in float32
    return std::shared_ptr<const Dataset>(std::move(dataset));
  };
  Life life = world.Start();
  JobSpec spec = TinyData::Job();
  spec.precision = Precision::kFloat32;
  const Job job = life.Finish(life.Create(spec)->value().id);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("validating round 1") && Contains("not finite"));
}

TEST_CASE("class weights that do not fit the data's classes are refused by field") {
  World world;
  Life life = world.Start();
  JobSpec spec = TinyData::JobWithEverything();
  spec.balanced_classes = false;
  spec.batches.class_weights = {1, 2};
  const auto refused = life.Create(spec);
  CHECK(FieldOf(refused->status()) == "spec.batches.class_weights");
  CHECK_THAT(std::string(refused->status().message()), Contains("the data has 3 classes"));
}

TEST_CASE("a job whose initial model does not exist or fit is refused by field") {
  World world;
  Life life = world.Start();
  JobSpec spec = TinyData::Job();
  spec.initial_model = "job-9";
  auto refused = life.Create(spec);
  CHECK(FieldOf(refused->status()) == "spec.initial_model");
  CHECK(refused->status().code() == absl::StatusCode::kNotFound);
  const std::string id = life.Create(TinyData::Job())->value().id;
  REQUIRE(life.Finish(id).state == JobState::kSucceeded);
  spec.initial_model = id;
  spec.hidden_layer_sizes = {5};
  refused = life.Create(spec);
  CHECK(FieldOf(refused->status()) == "spec.initial_model");
  CHECK_THAT(std::string(refused->status().message()),
             Contains("has the layers 2-") && Contains("this job's model has 2-5-3, "));
}

namespace {

// How long after the restart the first shard was sent.
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
  std::string id;
  {
    Life first = world.Start();
    id = first.Create(TinyData::Job())->value().id;
    first.RunUntil(id, 1, 0);
    first.Crash();
  }
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
  std::string id;
  {
    Life first = world.Start();
    id = first.Create(TinyData::Job())->value().id;
    first.RunUntil(id, 1, 0);
    first.Crash();
  }
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
  world.clock.RunFor(1ms);  // by then what was recorded now is written
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
