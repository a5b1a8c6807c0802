#include "services/coordinator/scheduler/policy.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>

namespace mlp::coordinator {
namespace {

TimePoint At(int milliseconds) { return TimePoint(std::chrono::milliseconds(milliseconds)); }

// How often each node is chosen in 6000 draws.
std::map<int, int> Tally(Policy& policy, std::span<const Candidate> candidates) {
  std::mt19937_64 random(7);
  std::map<int, int> chosen;
  for (int i = 0; i < 6000; ++i) ++chosen[policy.Choose(candidates, random).node];
  return chosen;
}

TEST_CASE("the policies are random, least-load and pull, and no other name makes one") {
  const std::vector<std::string_view> expected = {"random", "least-load", "pull"};
  CHECK(PolicyNames() == expected);
  for (const std::string_view name : PolicyNames()) CHECK(MakePolicy(name) != nullptr);
  CHECK(MakePolicy("") == nullptr);
  CHECK(MakePolicy("Pull") == nullptr);
}

TEST_CASE("random offers to nodes that queue and must not reject, any number at once") {
  const auto policy = MakePolicy("random");
  CHECK(policy->terms() == OfferTerms{.queue_when_busy = true, .rejectable = false});
  CHECK(policy->slots() == std::nullopt);
}

TEST_CASE("least-load offers to nodes that queue and may reject, then the shard backs off") {
  const auto policy = MakePolicy("least-load");
  CHECK(policy->terms() == OfferTerms{.queue_when_busy = true, .rejectable = true});
  CHECK(policy->after_rejection() == AfterRejection::kBackOffShard);
  CHECK(policy->slots() == std::nullopt);
}

TEST_CASE("pull offers to nodes with a free slot, and one that rejects cools down") {
  const auto policy = MakePolicy("pull");
  CHECK(policy->terms() == OfferTerms{.queue_when_busy = false, .rejectable = true});
  CHECK(policy->after_rejection() == AfterRejection::kCoolDownNode);
  CHECK(policy->slots() == 1);
}

TEST_CASE("random draws uniformly, whatever the nodes do") {
  const std::array<Candidate, 3> candidates = {
      {{2, "b", 0, At(0)}, {5, "e", 9, At(1)}, {6, "f", 1, At(2)}}};
  const auto policy = MakePolicy("random");
  const std::map<int, int> chosen = Tally(*policy, candidates);
  REQUIRE(chosen.size() == 3);
  for (const auto& [node, times] : chosen) CHECK(times == Approx(2000).margin(200));

  std::mt19937_64 random(1);
  CHECK(policy->Choose(candidates, random).reason == "drawn uniformly among 3 nodes");
}

TEST_CASE("least-load takes the node with the fewest active attempts and draws among equals") {
  const std::array<Candidate, 4> candidates = {
      {{0, "a", 2, At(0)}, {1, "b", 1, At(0)}, {3, "d", 5, At(0)}, {4, "e", 1, At(0)}}};
  const auto policy = MakePolicy("least-load");
  const std::map<int, int> chosen = Tally(*policy, candidates);
  REQUIRE(chosen.size() == 2);
  CHECK(chosen.at(1) == Approx(3000).margin(300));
  CHECK(chosen.at(4) == Approx(3000).margin(300));

  std::mt19937_64 random(1);
  CHECK(policy->Choose(candidates, random).reason ==
        "fewest active attempts (1), drawn among 2 nodes");
  const Choice only = policy->Choose(std::span(candidates).first(2), random);
  CHECK(only.node == 1);
  CHECK(only.reason == "fewest active attempts (1)");
}

TEST_CASE("pull takes the node that is free longest, of several the one with the lowest number") {
  const std::array<Candidate, 4> candidates = {
      {{0, "a", 0, At(30)}, {1, "b", 0, At(10)}, {2, "c", 0, At(20)}, {3, "d", 0, At(10)}}};
  const auto policy = MakePolicy("pull");
  std::mt19937_64 random(1);
  const Choice longest = policy->Choose(candidates, random);
  CHECK(longest.node == 1);
  CHECK(longest.reason == "node b is free longest (of 4 free)");
  CHECK(policy->Choose(std::span(candidates).first(1), random).reason ==
        "node a is the only one free");
}

}  // namespace
}  // namespace mlp::coordinator
