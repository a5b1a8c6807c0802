// Tests of worlds in virtual time with synthetic work: no file, no arithmetic.

#include "services/simulation/simulated_world.h"

#include <catch2/catch.hpp>
#include <string>

#include "services/simulation/synthetic_dataset.h"

using namespace mlp;
using namespace std::chrono_literals;

namespace {

constexpr int kShards = 6;

simulation::SimulatedWorldOptions GivenWorld(int nodes, double load) {
  simulation::SimulatedWorldOptions options;
  for (int number = 1; number <= nodes; ++number) {
    simulation::SimulatedNodeOptions node;
    node.name = "node-" + std::to_string(number);
    node.load.probability = load;
    node.load.delay = 3s;
    node.compute_time = [](auto, auto) { return 20ms; };
    options.nodes.push_back(node);
  }
  options.load_dataset = [](const std::string&) { return simulation::SyntheticDataset(kShards); };
  return options;
}

coordinator::JobSpec GivenJob() {
  coordinator::JobSpec spec;
  spec.dataset = "given";
  spec.rounds = 2;
  spec.hidden_layer_sizes = {1};
  return spec;
}

async::Duration Makespan(const coordinator::Job& job) { return *job.end_time - *job.start_time; }

}  // namespace

TEST_CASE("a job of given work takes the time that it was given and the messages") {
  simulation::SimulatedWorld world(GivenWorld(2, 0));
  const coordinator::Job job = world.RunJob(GivenJob()).value();
  CHECK(job.state == coordinator::JobState::kSucceeded);
  // Each node computes three shards a round one after the other; with slots, only the first and the
  // last message of a round are seen.
  CHECK(Makespan(job) == 2 * (3 * 20ms + 1ms));
}

TEST_CASE("given work depends on nothing but its round and shard") {
  const std::string digest =
      simulation::SimulatedWorld(GivenWorld(1, 0)).RunJob(GivenJob()).value().model_digest;
  CHECK(digest.size() == 64);
  CHECK(simulation::SimulatedWorld(GivenWorld(5, 0.7)).RunJob(GivenJob()).value().model_digest ==
        digest);
}

TEST_CASE("what is scheduled on a world's clock happens at its time") {
  simulation::SimulatedWorld world(GivenWorld(2, 0));
  const auto begin = world.clock().Now();
  world.clock().Schedule(begin + 30ms, [&] { world.cluster().Crash(1); });
  world.clock().Schedule(begin + 90ms, [&] { world.cluster().Start(1); });
  const coordinator::Job job = world.RunJob(GivenJob()).value();
  CHECK(job.state == coordinator::JobState::kSucceeded);
  async::TimePoint left;
  async::TimePoint joined;
  for (const coordinator::JobEvent& event : world.Events(job.id)) {
    if (std::holds_alternative<coordinator::events::NodeLeft>(event.body)) left = event.time;
    if (std::holds_alternative<coordinator::events::NodeJoined>(event.body)) joined = event.time;
  }
  CHECK(left == begin + 30ms);
  CHECK(joined == begin + 90ms);
}

TEST_CASE("a world stops when it is told to") {
  simulation::SimulatedWorld world(GivenWorld(2, 0));
  std::stop_source stop;
  world.clock().Schedule(world.clock().Now() + 30ms, [&] { stop.request_stop(); });
  const coordinator::Job job = world.RunJob(GivenJob(), stop.get_token()).value();
  CHECK(job.state == coordinator::JobState::kRunning);
}

TEST_CASE("a job that ends when its world is told to stop has all of its events") {
  simulation::SimulatedWorld world(GivenWorld(2, 0));
  const std::string id = world.Create(GivenJob()).value().id;
  const auto job = [&] { return world.coordinator().Get(id).value(); };
  while (!coordinator::IsFinal(job().state)) REQUIRE(world.clock().RunOne());
  std::stop_source stop;
  stop.request_stop();
  CHECK(world.Finish(id, stop.get_token()).state == coordinator::JobState::kSucceeded);
  const coordinator::JobEvent last = world.Events(id).back();
  REQUIRE(std::holds_alternative<coordinator::events::StateChanged>(last.body));
  CHECK(std::get<coordinator::events::StateChanged>(last.body).model_digest == job().model_digest);
}
