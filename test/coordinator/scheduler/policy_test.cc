#include "services/coordinator/scheduler/policy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "services/coordinator/scheduler/node_pool.h"

namespace mlp::coordinator {
namespace {

TimePoint At(int milliseconds) { return TimePoint(std::chrono::milliseconds(milliseconds)); }

// A pool of nodes a, b, c … with so many active attempts each; node k is free since k milliseconds.
NodePool PoolWith(const std::vector<int>& active) {
  NodePool pool;
  for (int node = 0; node < static_cast<int>(active.size()); ++node) {
    pool.Join(At(node), node, std::string(1, static_cast<char>('a' + node)));
    for (int i = 0; i < active[static_cast<std::size_t>(node)]; ++i) pool.Begin(node);
  }
  return pool;
}

const std::set<int> kNobody;

// Counts how often each node is chosen in 6000 draws.
std::map<int, int> Tally(Policy& policy, const Candidates& candidates) {
  std::mt19937_64 random(7);
  std::map<int, int> chosen;
  for (int i = 0; i < 6000; ++i) ++chosen[policy.Choose(candidates, random).node];
  return chosen;
}

TEST_CASE("every name makes a policy, and no other name does") {
  const std::vector<std::string_view> names = PolicyNames();
  for (const std::string_view name : names) CHECK(MakePolicy(name) != nullptr);
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
  CHECK(MakePolicy("") == nullptr);
  CHECK(MakePolicy("Pull") == nullptr);
}

TEST_CASE("random binds at once, to nodes that must not reject") {
  const PolicyTraits traits = MakePolicy("random")->traits();
  CHECK(traits.binding == Binding::kAtOnce);
  CHECK_FALSE(traits.rejectable);
}

TEST_CASE("least-load binds at once, to nodes that may reject, and then the shard backs off") {
  const PolicyTraits traits = MakePolicy("least-load")->traits();
  CHECK(traits.binding == Binding::kAtOnce);
  CHECK(traits.rejectable);
  CHECK(traits.after_rejection == AfterRejection::kBackOffShard);
}

TEST_CASE("pull binds when a node is free, and one that rejects cools down") {
  const PolicyTraits traits = MakePolicy("pull")->traits();
  CHECK(traits.binding == Binding::kWhenFree);
  CHECK(traits.rejectable);
  CHECK(traits.after_rejection == AfterRejection::kCoolDownNode);
}

TEST_CASE("power-of-two binds at once and draws again at once after a rejection") {
  const PolicyTraits traits = MakePolicy("power-of-two")->traits();
  CHECK(traits.binding == Binding::kAtOnce);
  CHECK(traits.rejectable);
  CHECK(traits.after_rejection == AfterRejection::kRetryAtOnce);
}

TEST_CASE("random draws uniformly, whatever the nodes do") {
  const NodePool pool = PoolWith({0, 9, 1, 4});
  const Candidates candidates(pool, std::set{1});
  const auto policy = MakePolicy("random");
  const std::map<int, int> chosen = Tally(*policy, candidates);
  REQUIRE(chosen.size() == 3);
  CHECK_FALSE(chosen.contains(1));
  for (const auto& [node, times] : chosen) CHECK(times == Approx(2000).margin(200));

  std::mt19937_64 random(1);
  CHECK(policy->Choose(candidates, random).reason == "drawn uniformly among 3 nodes");
}

TEST_CASE("least-load takes the node with the fewest active attempts and draws among equals") {
  const NodePool pool = PoolWith({2, 1, 5, 1, 0});
  const Candidates candidates(pool, std::set{4});
  const auto policy = MakePolicy("least-load");
  const std::map<int, int> chosen = Tally(*policy, candidates);
  REQUIRE(chosen.size() == 2);
  CHECK(chosen.at(1) == Approx(3000).margin(300));
  CHECK(chosen.at(3) == Approx(3000).margin(300));

  std::mt19937_64 random(1);
  CHECK(policy->Choose(candidates, random).reason ==
        "fewest active attempts (1), drawn among 2 nodes");
  const Choice only = policy->Choose(Candidates(pool, std::set{3, 4}), random);
  CHECK(only.node == 1);
  CHECK(only.reason == "fewest active attempts (1)");
}

TEST_CASE("power-of-two takes the less active of two, so the most active of all never gets it") {
  const NodePool pool = PoolWith({3, 0, 1});
  const auto policy = MakePolicy("power-of-two");
  const std::map<int, int> chosen = Tally(*policy, Candidates(pool, kNobody));
  REQUIRE(chosen.size() == 2);
  CHECK(chosen.at(1) == Approx(4000).margin(300));  // in two of the three pairs
  CHECK(chosen.at(2) == Approx(2000).margin(300));
  std::mt19937_64 random(1);
  CHECK(policy->Choose(Candidates(pool, std::set{1}), random).reason ==
        "drawn with a, active attempts 1 against 3");
}

TEST_CASE("pull takes the least active node, of several the one that is free longest") {
  const NodePool pool = PoolWith({1, 0, 0, 1});
  const auto policy = MakePolicy("pull");
  std::mt19937_64 random(1);
  const Choice idle = policy->Choose(Candidates(pool, kNobody), random);
  CHECK(idle.node == 1);
  CHECK(idle.reason == "node b is idle longest (of 4 with a free slot)");
  const Choice active = policy->Choose(Candidates(pool, std::set{1, 2}), random);
  CHECK(active.node == 0);
  CHECK(active.reason == "node a is least active (of 2 with a free slot)");
  CHECK(policy->Choose(Candidates(pool, std::set{0, 1, 2}), random).reason ==
        "node d alone has a free slot");
}

TEST_CASE("candidates are what a plain scan of the available nodes finds, whoever is excluded") {
  std::mt19937_64 random(3);
  for (int world = 0; world < 300; ++world) {
    std::vector<int> active(1 + random() % 9);
    for (int& each : active) each = static_cast<int>(random() % 3);
    const NodePool pool = PoolWith(active);
    std::set<int> excluded;
    for (std::size_t i = random() % active.size(); i > 0; --i) {
      excluded.insert(static_cast<int>(random() % active.size()));
    }
    std::vector<int> fit;
    for (int node = 0; node < static_cast<int>(active.size()); ++node) {
      if (!excluded.contains(node)) fit.push_back(node);
    }
    const Candidates candidates(pool, excluded);
    REQUIRE(candidates.size() == fit.size());
    for (std::size_t i = 0; i < fit.size(); ++i) REQUIRE(candidates.At(i).node == fit[i]);
    if (fit.empty()) continue;
    const auto of = [&](int node) { return active[static_cast<std::size_t>(node)]; };
    const int fewest = of(*std::ranges::min_element(fit, {}, of));
    std::erase_if(fit, [&](int node) { return of(node) != fewest; });
    REQUIRE(candidates.least_active() == fit.size());
    for (std::size_t i = 0; i < fit.size(); ++i)
      REQUIRE(candidates.LeastActiveAt(i).node == fit[i]);
  }
}

}  // namespace
}  // namespace mlp::coordinator
