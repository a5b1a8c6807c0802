// Jobs of synthetic work in small worlds with misfortunes, for tests that use their records.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "services/coordinator/scheduler/policy.h"
#include "services/simulation/simulated_world.h"
#include "services/simulation/synthetic_dataset.h"

namespace mlp::test {

struct Crash {
  std::chrono::nanoseconds after{};       // time since the job was created
  std::chrono::nanoseconds back_after{};  // time since the crash; 0: never
  int node = 0;
};

// A job and all that happens to it.
struct Story {
  coordinator::JobSpec spec;
  coordinator::SchedulerWaits waits;
  int shards = 6;
  std::vector<double> loads = {0, 0};  // probability for each node
  std::chrono::nanoseconds delay = std::chrono::milliseconds(100);
  std::chrono::nanoseconds compute_time = std::chrono::milliseconds(5);
  std::vector<Crash> crashes;
  std::chrono::nanoseconds cancel_after{};  // 0: it is not cancelled

  Story() {
    spec.dataset = "given";
    spec.rounds = 3;
    spec.hidden_layer_sizes = {1};
  }
};

inline simulation::SimulatedWorldOptions WorldOf(const Story& story) {
  simulation::SimulatedWorldOptions options;
  options.waits = story.waits;
  for (std::size_t number = 0; number < story.loads.size(); ++number) {
    simulation::SimulatedNodeOptions node;
    node.name = "node-" + std::to_string(number + 1);
    node.load.probability = story.loads[number];
    node.load.delay = story.delay;
    node.compute_time = [takes = story.compute_time](auto, auto) { return takes; };
    options.nodes.push_back(std::move(node));
  }
  options.load_dataset = [shards = story.shards](const std::string&) {
    return simulation::SyntheticDataset(shards);
  };
  return options;
}

// Runs the story; returns the job's records.
inline std::vector<coordinator::JobEvent> Records(const Story& story) {
  simulation::SimulatedWorld world(WorldOf(story));
  const auto begin = world.clock().Now();
  for (const Crash& crash : story.crashes) {
    world.clock().Schedule(begin + crash.after, [&] { world.cluster().Crash(crash.node); });
    if (crash.back_after == std::chrono::nanoseconds(0)) continue;
    world.clock().Schedule(begin + crash.after + crash.back_after,
                           [&] { world.cluster().Start(crash.node); });
  }
  const std::string id = world.Create(story.spec).value().id;
  if (story.cancel_after > std::chrono::nanoseconds(0)) {
    world.clock().Schedule(begin + story.cancel_after,
                           [&] { (void)world.coordinator().Cancel(id); });
  }
  (void)world.Finish(id);
  return world.Events(id);
}

// Returns a story drawn from `seed`: any policy, any load, some crashes, now and then a
// cancellation or too few retries. At least one node stays up.
inline Story RandomStory(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto draw = [&random](std::uint64_t below) { return static_cast<int>(random() % below); };
  const auto millis = [&draw](std::uint64_t below) {
    return std::chrono::milliseconds(draw(below));
  };
  Story story;
  story.shards = 1 + draw(12);
  story.loads.assign(static_cast<std::size_t>(1 + draw(6)), draw(10) / 10.0);
  for (double& load : story.loads) {
    if (draw(2) == 0) load = draw(10) / 10.0;
  }
  story.delay = millis(200);
  story.compute_time = std::chrono::microseconds(draw(20'000));
  const std::vector<std::string_view> policies = coordinator::PolicyNames();
  story.spec.policy = policies[random() % policies.size()];
  story.spec.rounds = 1 + draw(5);
  story.spec.seed = static_cast<std::uint32_t>(draw(1000));
  story.spec.max_retries = draw(8) == 0 ? draw(5) : 10'000;
  story.spec.hedge_after.reset();
  if (coordinator::BindsWhenFree(story.spec.policy)) {
    story.spec.slots = draw(4);
    if (draw(3) > 0) story.spec.hedge_after = millis(40);
  }
  story.waits.cool_down = std::chrono::milliseconds(1 + draw(20));
  story.waits.back_off_max = std::chrono::milliseconds(10 + draw(100));
  story.waits.answer = millis(20);
  for (std::size_t node = 1; node < story.loads.size(); ++node) {
    if (draw(3) > 0) continue;
    story.crashes.push_back({millis(300), millis(200), static_cast<int>(node)});
  }
  if (draw(10) == 0) story.cancel_after = std::chrono::milliseconds(1 + draw(200));
  return story;
}

}  // namespace mlp::test
