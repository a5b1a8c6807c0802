// Tests of Scheduler::Explain in every state that a round can wait in, and that it comes true.
#include <catch2/catch.hpp>

#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using State = AttemptFacts::State;
using Cause = ShardsReady::Cause;

// ---- Shards that are to be given out

TEST_CASE("before a round and after it nothing is waited for") {
  Scheduler idle(Options(1, "pull"));
  CHECK_FALSE(idle.Explain(TimePoint(1s)).waits);
  Driver driver(Options(1, "pull"), 1);
  CHECK(driver.Explain().waits);
  driver.Finish(driver.TheDispatch());
  const RoundFacts facts = driver.Explain();
  CHECK_FALSE(facts.waits);
  CHECK(std::holds_alternative<std::monostate>(facts.next));
  CHECK(facts.time == driver.now());
  CHECK(facts.policy == "pull");
}

TEST_CASE("no node is up, and the round goes on when one joins") {
  Driver driver(Options(3, "pull"), 0);
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
  const RoundFacts facts = driver.Explain();
  CHECK(facts.no_node_up);
  REQUIRE(facts.ready);
  CHECK(facts.ready->count == 3);
  CHECK(facts.ready->cause == Cause::kNoNodeUp);
  NextOf<next_step::OfferToNewNode>(driver);
  driver.Join(2);
  CHECK(driver.TheDispatch().node == 2);
  CHECK_FALSE(driver.Explain().no_node_up);
}

TEST_CASE("all nodes cool down after rejections: which, until when, and who is asked next") {
  Driver driver(Options(2, "pull"), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Reject(out[0]);
  driver.Wait(4ms);
  driver.Reject(out[1]);
  driver.Decide();
  driver.Wait(1ms);
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.ready);
  CHECK(facts.ready->count == 2);
  CHECK(facts.ready->first == 0);
  CHECK(facts.ready->cause == Cause::kAllRest);
  CHECK(facts.ready->nodes_up == 2);
  REQUIRE(facts.ready->resting.size() == 2);
  CHECK(facts.ready->resting[0].node == "a");
  CHECK(facts.ready->resting[0].cause == RestCause::kRejection);
  CHECK(facts.ready->resting[0].until == driver.now() + 5ms);
  CHECK(facts.ready->resting[1].node == "b");
  CHECK(facts.ready->resting[1].until == driver.now() + 9ms);
  CHECK(facts.since == driver.now() - 1ms);  // when the last of them began to
  const auto next = NextOf<next_step::OfferAfterRest>(driver);
  CHECK(next.shard == 0);
  CHECK(next.node == "a");
  CHECK(next.at == driver.now() + 5ms);
  // It comes true.
  CHECK(driver.Sleep() == 5ms);
  driver.Wait(5ms);
  const Dispatch dispatch = driver.TheDispatch();
  CHECK(dispatch.shard == 0);
  CHECK(dispatch.node == 0);
}

TEST_CASE("the only node rests after a failure") {
  Driver driver(Options(1, "pull"), 1);
  driver.Lose(driver.TheDispatch());
  driver.Decide();
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.ready);
  CHECK(facts.ready->cause == Cause::kAllRest);
  REQUIRE(facts.ready->resting.size() == 1);
  CHECK(facts.ready->resting[0].cause == RestCause::kFailure);
}

TEST_CASE("a node that rests and cannot train a shard is not offered it next") {
  Driver driver(Options(3, "pull"), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kNodeUnfit, "its file differs");
  const Dispatch other = driver.TheDispatch();  // shard 2 to a
  driver.Reject(other);
  driver.Decide();
  const auto next = NextOf<next_step::OfferAfterRest>(driver);
  CHECK(next.shard == 2);
  CHECK(next.node == "a");
}

TEST_CASE("a shard backs off: for how long and why") {
  Driver driver(Options(1, "least-load"), 2);
  driver.Reject(driver.TheDispatch());
  driver.Decide();
  driver.Wait(2ms);
  const RoundFacts facts = driver.Explain();
  CHECK_FALSE(facts.ready);
  CHECK_FALSE(facts.since);
  REQUIRE(facts.backing_off);
  CHECK(facts.backing_off->count == 1);
  CHECK(facts.backing_off->first == 0);
  CHECK(facts.backing_off->until == driver.now() + 8ms);
  CHECK_THAT(facts.backing_off->last_return, Catch::EndsWith("rejected it: busy"));
  const auto next = NextOf<next_step::OfferAfterBackOff>(driver);
  CHECK(next.shard == 0);
  CHECK(next.at == driver.now() + 8ms);
  driver.Wait(8ms);
  CHECK(driver.TheDispatch().shard == 0);
}

TEST_CASE("a policy that makes one offer at a time waits for its answer") {
  Driver driver(Options(3, "least-load"), 2);
  const Dispatch offer = driver.TheDispatch();
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.held);
  CHECK(facts.held->copies[0].state == State::kOffered);
  REQUIRE(facts.ready);
  CHECK(facts.ready->count == 2);
  CHECK(facts.ready->cause == Cause::kOfferIsOut);
  CHECK(NextOf<next_step::OfferAfterAnswer>(driver).shard == 1);
  driver.Accept(offer);
  CHECK(driver.TheDispatch().shard == 1);
}

TEST_CASE("shards wait for a free slot while others compute") {
  Driver driver(Options(5, "pull"), 2);
  for (const Dispatch& dispatch : driver.Dispatches()) {
    driver.Accept(dispatch);
    driver.Start(dispatch);
    driver.Wait(1s);
  }
  driver.Decide();
  const RoundFacts facts = driver.Explain();
  CHECK_FALSE(facts.held);
  REQUIRE(facts.computing);
  CHECK(facts.computing->count == 2);
  CHECK(facts.computing->longest == 0);
  REQUIRE(facts.computing->copies.size() == 1);
  CHECK(facts.computing->copies[0].node == "a");
  CHECK_FALSE(facts.computing->copies[0].node_left);
  CHECK(facts.computing->copies[0].state == State::kStarted);
  CHECK(facts.computing->copies[0].since == driver.now() - 2s);
  CHECK(facts.computing_on == Names{"a", "b"});
  CHECK(facts.since == driver.now() - 2s);
  REQUIRE(facts.ready);
  CHECK(facts.ready->cause == Cause::kAllFull);
  CHECK(facts.ready->slots == 1);
  CHECK(facts.ready->cancelled == 0);
  CHECK(facts.ready->full == Names{"a", "b"});
  const auto next = NextOf<next_step::OfferToFreeSlot>(driver);
  CHECK(next.shard == 2);
  REQUIRE(next.deadline);
  CHECK(next.deadline->shard == 0);
  CHECK(next.deadline->node == "a");
  CHECK(next.deadline->started);
  CHECK(next.deadline->at == driver.now() + 10min - 2s);
}

TEST_CASE("slots that are held by attempts of an earlier round are told apart") {
  Driver driver(Options(1, "pull"), 1);
  driver.TheDispatch();
  driver.Apply(RoundStarted{});
  driver.Decide();
  const RoundFacts facts = driver.Explain();
  CHECK_FALSE(facts.held);
  CHECK_FALSE(facts.computing);
  REQUIRE(facts.ready);
  CHECK(facts.ready->cause == Cause::kAllFull);
  CHECK(facts.ready->cancelled == 1);
  CHECK_FALSE(NextOf<next_step::OfferToFreeSlot>(driver).deadline);
}

TEST_CASE("a shard waits for a node that can train it") {
  Driver driver(Options(2, "pull"), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kNodeUnfit, "its file differs");
  driver.Decide();
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.ready);
  CHECK(facts.ready->cause == Cause::kNoneFits);
  CHECK(facts.ready->unfit == Names{"a"});
  CHECK(facts.ready->full == Names{"b"});
  CHECK(facts.ready->last_return == "node a cannot train it: its file differs");
}

TEST_CASE("an attempt on a node that has left is still waited for") {
  Driver driver(Options(2, "pull"), 1);
  driver.Accept(driver.TheDispatch());
  driver.Apply(NodeLeft{0});
  driver.Decide();
  const RoundFacts facts = driver.Explain();
  CHECK_FALSE(facts.no_node_up);
  REQUIRE(facts.held);
  CHECK(facts.held->copies[0].node_left);
  REQUIRE(facts.ready);
  CHECK(facts.ready->cause == Cause::kNoNodeUp);
}

}  // namespace
}  // namespace mlp::coordinator
