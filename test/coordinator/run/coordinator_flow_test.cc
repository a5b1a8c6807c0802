// The coordinator's flows on simulated nodes, in virtual time: no thread, no network, no waiting.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/coordinator/datasets/dataset_loader.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/simulation/simulated_cluster.h"
#include "test/coordinator/run/running_coordinator.h"
#include "test/support/scratch.h"
#include "test/support/tiny_data.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;
using mlp::test::TinyData;

namespace {

JobSpec TinyJob(const std::string& policy = "pull") {
  JobSpec spec = TinyData::Job();
  spec.policy = policy;
  spec.max_retries = JobSpec().max_retries;
  return spec;
}

// A coordinator and its simulated world.
struct FlowWorld {
  explicit FlowWorld(int nodes = 3, double load = 0, bool start = true) {
    TinyData::WriteTo(data.path());
    for (int number = 0; number < nodes; ++number) {
      simulation::SimulatedNodeOptions options;
      options.name = "node-" + std::to_string(number + 1);
      options.data_dir = data.path();
      options.load.probability = load;
      options.load.delay = 3s;
      cluster.AddNode(options);
      if (start) cluster.Start(number);
    }
  }
  std::vector<JobEvent> Events(const std::string& id) {
    clock.RunFor(1ms);  // writes the events recorded so far
    return coordinator.Events(id);
  }

  mlp::test::Scratch data;
  async::VirtualClock clock;
  async::InlineWorkers workers{clock};
  simulation::SimulatedCluster cluster{clock, workers, 500us};
  RunningCoordinator coordinator{
      clock, workers, cluster,
      [this](const std::string& name) { return ReadDataset(data.path(), name); },
      JournalOptions{.keep_jobs = 10}};
};

template <class Event>
std::vector<Event> Of(const std::vector<JobEvent>& events) {
  std::vector<Event> found;
  for (const JobEvent& event : events) {
    if (const auto* body = std::get_if<Event>(&event.body)) found.push_back(*body);
  }
  return found;
}

}  // namespace

TEST_CASE("a job trains every shard once in every round and ends with a digest") {
  FlowWorld world;
  const Job job = world.coordinator.RunJob(TinyJob());
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.rounds_done == 4);
  CHECK(job.validated_round == 4);
  CHECK(job.model_digest.size() == 64);
  CHECK(job.statistics.attempts == 4 * TinyData::kShards);

  std::set<std::pair<int, int>> trained;  // round, shard
  for (const JobEvent& event : world.Events(job.id)) {
    if (const auto* finished = std::get_if<events::AttemptFinished>(&event.body)) {
      CHECK(trained.emplace(event.round, finished->shard).second);
    }
  }
  CHECK(trained.size() == 4 * TinyData::kShards);
}

TEST_CASE("the digest is the same for any number of nodes, policy, load and crash") {
  const std::string digest = FlowWorld(1).coordinator.RunJob(TinyJob()).model_digest;
  for (const int nodes : {1, 2, 5, 9}) {
    for (const std::string_view policy : PolicyNames()) {
      for (const double load : {0.0, 0.5, 0.8}) {
        INFO(nodes << " nodes, " << policy << ", load " << load);
        FlowWorld world(nodes, load);
        JobSpec spec = TinyJob(std::string(policy));
        spec.max_retries = 10'000;
        const Job job = world.coordinator.RunJob(spec);
        CHECK(job.state == JobState::kSucceeded);
        CHECK(job.model_digest == digest);
      }
    }
  }
}

TEST_CASE("a node that crashes in mid-round loses its shards to the others") {
  const std::string digest = FlowWorld(1).coordinator.RunJob(TinyJob()).model_digest;
  for (const std::string_view policy : PolicyNames()) {
    INFO(policy);
    FlowWorld world(3, 0.5);
    const std::string id = world.coordinator.Create(TinyJob(std::string(policy))).value().id;
    world.clock.RunFor(10ms);
    world.cluster.Crash(1);
    const Job job = world.coordinator.Finish(id);
    CHECK(job.state == JobState::kSucceeded);
    CHECK(job.model_digest == digest);
    const auto left = Of<events::NodeLeft>(world.Events(id));
    REQUIRE(left.size() == 1);
    CHECK(left.front().name == "node-2");
  }
}

TEST_CASE("crashes and returns at every point of a job never change the digest") {
  const std::string digest = FlowWorld(1).coordinator.RunJob(TinyJob()).model_digest;
  for (int step = 0; step < 120; ++step) {
    INFO("crash after step " << step);
    FlowWorld world(2);
    const std::string id = world.coordinator.Create(TinyJob()).value().id;
    for (int i = 0; i < step; ++i) world.clock.RunOne();
    world.cluster.Crash(0);
    world.clock.RunFor(1ms);
    world.cluster.Start(0);
    const Job job = world.coordinator.Finish(id);
    CHECK(job.state == JobState::kSucceeded);
    CHECK(job.model_digest == digest);
  }
}

TEST_CASE("without a node a job waits and says why, and starts when one appears") {
  FlowWorld world(1, 0, false);
  const std::string id = world.coordinator.Create(TinyJob()).value().id;
  world.clock.RunFor(1min);
  CHECK(world.coordinator.Get(id).state == JobState::kRunning);
  CHECK_THAT(world.coordinator.Get(id).detail, Contains("no node is up") && Contains("node-1"));

  world.cluster.Start(0);
  const Job job = world.coordinator.Finish(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(job.detail.empty());
}

TEST_CASE("when all nodes are lost a running job waits, and goes on when one returns") {
  FlowWorld world(2, 0.5);
  const std::string id = world.coordinator.Create(TinyJob()).value().id;
  world.clock.RunFor(5ms);
  world.cluster.Crash(0);
  world.cluster.Crash(1);
  world.clock.RunFor(1min);
  CHECK_THAT(world.coordinator.Get(id).detail, Contains("no node is up") && Contains("crashed"));
  world.cluster.Start(1);
  CHECK(world.coordinator.Finish(id).state == JobState::kSucceeded);
}

TEST_CASE("jobs run one at a time in the order they came") {
  FlowWorld world;
  const std::string first = world.coordinator.Create(TinyJob()).value().id;
  const std::string second = world.coordinator.Create(TinyJob()).value().id;
  CHECK(world.coordinator.Get(second).state == JobState::kPending);
  world.coordinator.Finish(second);
  CHECK(world.coordinator.Get(first).state == JobState::kSucceeded);
  CHECK(world.coordinator.Get(second).state == JobState::kSucceeded);
  CHECK(*world.coordinator.Get(first).end_time <= *world.coordinator.Get(second).start_time);
}

TEST_CASE("a repeated request gives the same job, another specification is refused") {
  FlowWorld world;
  const Job job = world.coordinator.Create(TinyJob(), "request-1").value();
  CHECK(world.coordinator.Create(TinyJob(), "request-1").value().id == job.id);
  JobSpec other = TinyJob();
  other.rounds = 5;
  const absl::Status refused = world.coordinator.Create(other, "request-1").status();
  CHECK(refused.code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(refused.message()), Contains("request-1") && Contains(job.id));
  CHECK(world.coordinator->List(100, 100).size() == 1);
}

TEST_CASE("a running job can be cancelled and the next one starts") {
  FlowWorld world(2, 1.0);  // everything is held up
  JobSpec spec = TinyJob("random");
  const std::string first = world.coordinator.Create(spec).value().id;
  const std::string second = world.coordinator.Create(spec).value().id;
  world.clock.RunFor(100ms);
  CHECK(world.coordinator->Cancel(first).value().state == JobState::kRunning);
  world.clock.RunFor(100ms);
  CHECK(world.coordinator.Get(first).state == JobState::kCancelled);
  CHECK(world.coordinator.Get(second).state == JobState::kRunning);
  CHECK(world.coordinator.Finish(second).state == JobState::kSucceeded);
}

TEST_CASE("a pending job that is cancelled never begins") {
  FlowWorld world(1, 0, false);
  world.coordinator.Create(TinyJob()).value();
  const std::string second = world.coordinator.Create(TinyJob()).value().id;
  const Job job = world.coordinator->Cancel(second).value();
  CHECK(job.state == JobState::kCancelled);
  CHECK_FALSE(job.start_time.has_value());
  CHECK(world.coordinator->Cancel(second).value().state == JobState::kCancelled);
  CHECK(absl::IsNotFound(world.coordinator->Cancel("job-99").status()));
}

TEST_CASE("a full queue refuses with a delay to try again after") {
  FlowWorld world(1, 0, false);
  for (std::size_t i = 0; i < kMaxPendingJobs + 1; ++i)
    REQUIRE(world.coordinator.Create(TinyJob()).ok());
  const absl::Status full = world.coordinator.Create(TinyJob()).status();
  CHECK(absl::IsResourceExhausted(full));
  CHECK_THAT(std::string(full.message()), Contains("the queue is full: 64 jobs are pending"));
  CHECK(RetryAfterOf(full).has_value());
  CHECK(world.coordinator->Cancel("job-2").ok());
  CHECK(world.coordinator.Create(TinyJob()).ok());
}

TEST_CASE("shutting down cancels the running and the pending jobs") {
  auto world = std::make_unique<FlowWorld>(1, 0, false);
  const std::string first = world->coordinator.Create(TinyJob()).value().id;
  const std::string second = world->coordinator.Create(TinyJob()).value().id;
  std::vector<std::string> details;
  // The world's destructor stops the coordinator; look before the store is gone.
  struct Watch {
    Coordinator& coordinator;
    std::vector<std::string>& details;
    async::Task<> Follow(std::string id) {
      std::int64_t from = 1;
      while (true) {
        auto events = co_await coordinator.NextEvents(id, from, std::stop_token());
        if (!events.ok() || events->empty()) break;
        from = events->back()->sequence + 1;
        for (const auto& event : *events) {
          const auto* change = std::get_if<events::StateChanged>(&event->body);
          if (change == nullptr || change->state != JobState::kCancelled) continue;
          details.push_back(change->detail);
        }
      }
    }
  } watch{*world->coordinator, details};
  async::TaskGroup watchers;
  watchers.Spawn(watch.Follow(first));
  watchers.Spawn(watch.Follow(second));
  world->clock.RunFor(1s);
  CHECK(watchers.running() == 2);
  world.reset();
  CHECK(watchers.running() == 0);
  CHECK(details ==
        std::vector<std::string>{"the coordinator was shut down", "the coordinator was shut down"});
}

TEST_CASE("diverging training fails with the round in which it became non-finite") {
  FlowWorld world;
  JobSpec spec = TinyJob();
  spec.learning_rate = 1e200;
  const Job job = world.coordinator.RunJob(spec);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("parameters became non-finite in round 1"));
}

TEST_CASE("a shard that runs out of retries fails the job and names what happened") {
  FlowWorld world(2, 1.0);
  JobSpec spec = TinyJob("least-load");
  spec.max_retries = 3;
  const Job job = world.coordinator.RunJob(spec);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("round 1") && Contains("shard") && Contains("injected load"));
}

TEST_CASE("a shard whose file differs on every node fails the job with both digests' start") {
  FlowWorld world;
  const std::string id = world.coordinator.Create(TinyJob()).value().id;
  std::ofstream(world.data.path() / "tiny" / "train_3.txt") << "1,2,0\n";
  const Job job = world.coordinator.Finish(id);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("tiny/train_3.txt: this node's file has SHA-256 "));
}

TEST_CASE("events are numbered without gap and can be read from anywhere") {
  FlowWorld world(3, 0.5);
  const Job job = world.coordinator.RunJob(TinyJob());
  const auto events = world.Events(job.id);
  for (std::size_t i = 0; i < events.size(); ++i) {
    REQUIRE(events[i].sequence == static_cast<std::int64_t>(i) + 1);
  }
  // Every attempt that was dispatched ended in exactly one way.
  CHECK(Of<events::AttemptDispatched>(events).size() ==
        Of<events::AttemptFinished>(events).size() + Of<events::AttemptRejected>(events).size() +
            Of<events::AttemptFailed>(events).size() + Of<events::AttemptReleased>(events).size());
  for (const auto& dispatched : Of<events::AttemptDispatched>(events)) {
    CHECK_FALSE(dispatched.reason.empty());
  }
}

TEST_CASE("bad specifications are refused with the field and change nothing") {
  FlowWorld world;
  const auto refused = [&](JobSpec spec, const std::string& field, const std::string& message) {
    const absl::Status status = world.coordinator.Create(std::move(spec)).status();
    INFO(status.ToString());
    CHECK(FieldOf(status) == field);
    CHECK_THAT(std::string(status.message()), Contains(message));
  };
  JobSpec spec = TinyJob();
  spec.dataset = "nowhere";
  refused(spec, "spec.dataset", "there are: tiny");
  spec.dataset = "../tiny";
  refused(spec, "spec.dataset", "..");
  spec.dataset = "";
  refused(spec, "spec.dataset", "required");
  spec = TinyJob();
  spec.rounds = 0;
  refused(spec, "spec.rounds", "1 to 100000");
  spec.rounds = -3;
  refused(spec, "spec.rounds", "-3");
  spec = TinyJob();
  spec.hidden_layer_sizes = {0};
  refused(spec, "spec.hidden_layer_sizes", "0");
  spec.hidden_layer_sizes = {1'000'000'000};
  refused(spec, "spec.hidden_layer_sizes", "1000000000");
  spec = TinyJob();
  spec.learning_rate = std::nan("");
  refused(spec, "spec.learning_rate", "finite");
  spec = TinyJob("fastest");
  refused(spec, "spec.policy", "random, least-load, pull, power-of-two");
  CHECK(world.coordinator->List(100, 100).empty());
}
