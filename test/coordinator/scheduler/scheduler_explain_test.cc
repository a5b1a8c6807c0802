// What Scheduler::Explain tells in every state that a round can wait in, and that it comes true.
#include <catch2/catch.hpp>

#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using State = AttemptFacts::State;
using Cause = ShardsReady::Cause;
using Names = std::vector<std::string>;

SchedulerOptions Hedged(int shards) {
  SchedulerOptions options = Options(shards, "pull");
  options.hedge_after = 300ms;
  return options;
}

// The next step, which must be of that kind.
template <class Step>
Step NextOf(const Driver& driver) {
  const NextStep next = driver.Explain().next;
  REQUIRE(std::holds_alternative<Step>(next));
  return std::get<Step>(next);
}

std::optional<NoCopy> NoCopyOf(const Driver& driver) {
  return NextOf<next_step::AwaitDeadline>(driver).no_copy;
}

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

// ---- Copies

TEST_CASE("the last held-up task: on which node, since when, and when a second copy goes where") {
  Driver driver(Hedged(2), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Wait(1ms);
  for (const Dispatch& dispatch : out) driver.Accept(dispatch);
  driver.Finish(out[0]);
  driver.Decide();
  driver.Wait(100ms);
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.held);
  CHECK(facts.held->count == 1);
  CHECK(facts.held->longest == 1);
  REQUIRE(facts.held->copies.size() == 1);
  CHECK(facts.held->copies[0].node == "b");
  CHECK(facts.held->copies[0].state == State::kAccepted);
  CHECK(facts.held->copies[0].since == driver.now() - 100ms);
  CHECK(facts.since == driver.now() - 100ms);
  const auto next = NextOf<next_step::AnotherCopy>(driver);
  CHECK(next.shard == 1);
  CHECK(next.copies == 1);
  CHECK(next.nodes == Names{"a"});
  CHECK_FALSE(next.node_rests);
  CHECK(next.at == driver.now() + 200ms);
  CHECK_FALSE(next.race);
  // It comes true.
  driver.Wait(200ms - 1ns);
  CHECK(driver.Decide().empty());
  driver.Wait(1ns);
  CHECK(driver.TheDispatch().hedge_of == out[1].attempt);
}

TEST_CASE("a hedge is outstanding: both copies, their nodes, since when, and what ends it") {
  Driver driver(Hedged(1), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Decide();
  driver.Wait(300ms);
  const Dispatch second = driver.TheDispatch();
  driver.Accept(second);
  driver.Decide();
  driver.Wait(20ms);
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.held);
  REQUIRE(facts.held->copies.size() == 2);
  CHECK(facts.held->copies[0].node == "a");
  CHECK(facts.held->copies[0].since == driver.now() - 320ms);
  CHECK(facts.held->copies[1].node == "b");
  CHECK(facts.held->copies[1].since == driver.now() - 20ms);
  NextOf<next_step::RaceOfCopies>(driver);
  driver.Start(second);
  CHECK(driver.TheCancel().attempt == first.attempt);
  const RoundFacts after = driver.Explain();
  CHECK_FALSE(after.held);
  REQUIRE(after.computing);
  REQUIRE(after.computing->copies.size() == 1);
  CHECK(after.computing->copies[0].node == "b");
}

TEST_CASE("with a third node the hedge that is outstanding may be followed by another") {
  Driver driver(Hedged(1), 3);
  driver.Accept(driver.TheDispatch());
  driver.Decide();
  driver.Wait(300ms);
  const Dispatch second = driver.TheDispatch();
  driver.Accept(second);
  driver.Decide();
  const auto next = NextOf<next_step::AnotherCopy>(driver);
  CHECK(next.copies == 2);
  CHECK(next.race);
  CHECK(next.nodes == Names{second.node == 1 ? "c" : "b"});
  CHECK(next.at == driver.now() + 300ms);
  driver.Wait(300ms);
  CHECK(driver.TheDispatch().hedge_of == second.attempt);
}

TEST_CASE("both copies compute: the shard computes since the first of them started") {
  Driver driver(Hedged(1), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Decide();
  driver.Wait(300ms);
  const Dispatch second = driver.TheDispatch();
  driver.Start(second);
  driver.Wait(50ms);
  driver.Start(first);  // it was to be cancelled, and holds its slot only
  driver.Decide();
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.computing);
  CHECK(facts.computing->count == 1);
  CHECK(facts.since == driver.now() - 50ms);
  CHECK(facts.computing_on == Names{"b"});
}

TEST_CASE("a copy waits for a node that rests") {
  Driver driver(Hedged(2), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Accept(out[0]);
  driver.Accept(out[1]);
  driver.Finish(out[1]);
  driver.Decide();
  driver.Wait(300ms);
  driver.Reject(driver.TheDispatch());
  driver.Decide();
  driver.Wait(3ms);
  const auto next = NextOf<next_step::AnotherCopy>(driver);
  CHECK(next.shard == 0);
  CHECK(next.nodes == Names{"b"});
  CHECK(next.node_rests);
  CHECK(next.at == driver.now() + 7ms);
  driver.Wait(7ms);
  CHECK(driver.TheDispatch().node == 1);
}

TEST_CASE("an attempt that its node has not answered gets a copy later than one that is held up") {
  Driver driver(Hedged(1), 2);
  driver.TheDispatch();
  driver.Wait(50ms);
  const RoundFacts facts = driver.Explain();
  REQUIRE(facts.held);
  CHECK(facts.held->copies[0].state == State::kOffered);
  CHECK(facts.held->copies[0].since == driver.now() - 50ms);
  // 250 ms for an answer and 300 ms for a start
  CHECK(NextOf<next_step::AnotherCopy>(driver).at == driver.now() + 500ms);
}

TEST_CASE("why there can be no second copy") {
  SECTION("hedging is off") {
    Driver driver(Options(1, "pull"), 2);
    driver.Accept(driver.TheDispatch());
    CHECK(NoCopyOf(driver) == NoCopy::kHedgingIsOff);
  }
  SECTION("the policy makes none") {
    Driver driver(Options(1, "random"), 1);
    driver.Accept(driver.TheDispatch());
    CHECK(NoCopyOf(driver) == NoCopy::kPolicyMakesNone);
    CHECK(driver.Explain().policy == "random");
  }
  SECTION("no other node is up") {
    Driver driver(Hedged(1), 1);
    driver.Accept(driver.TheDispatch());
    CHECK(NoCopyOf(driver) == NoCopy::kNoOtherNodeUp);
  }
  SECTION("no other node has a free slot") {
    Driver driver(Hedged(2), 2);
    for (const Dispatch& dispatch : driver.Dispatches()) driver.Accept(dispatch);
    driver.Decide();
    driver.Wait(1s);
    driver.Decide();
    CHECK(driver.Explain().held->count == 2);
    CHECK(NoCopyOf(driver) == NoCopy::kNoFreeSlot);
  }
  SECTION("it waits in line, and would elsewhere too") {
    SchedulerOptions options = Hedged(3);
    options.slots = 2;
    Driver driver(options, 2);
    std::vector<Dispatch> out = driver.Dispatches();
    REQUIRE(out.size() == 3);  // 0 and 2 on a, 1 on b
    for (const Dispatch& dispatch : out) driver.Accept(dispatch);
    driver.Start(out[0]);
    driver.Start(out[1]);
    driver.Decide();
    driver.Wait(1s);
    CHECK(driver.Decide().empty());
    const RoundFacts facts = driver.Explain();
    CHECK(facts.held->longest == 2);
    CHECK(facts.computing->count == 2);
    CHECK(facts.since == facts.held->copies[0].since);
    CHECK(NoCopyOf(driver) == NoCopy::kWaitsInLine);
    driver.Finish(out[1]);
    CHECK(driver.TheDispatch().hedge_of == out[2].attempt);
  }
  SECTION("no other node can train it") {
    Driver driver(Hedged(1), 2);
    driver.Fail(driver.TheDispatch(), FailureKind::kNodeUnfit, "its file differs");
    driver.Accept(driver.TheDispatch());
    CHECK(NoCopyOf(driver) == NoCopy::kNoOtherNodeFit);
  }
  SECTION("it has started already") {
    Driver driver(Hedged(1), 2);
    const Dispatch dispatch = driver.TheDispatch();
    driver.Accept(dispatch);
    driver.Start(dispatch);
    CHECK(NoCopyOf(driver) == NoCopy::kHasStarted);
  }
  SECTION("several have started already: none is named") {
    Driver driver(Hedged(2), 2);
    for (const Dispatch& dispatch : driver.Dispatches()) driver.Start(dispatch);
    driver.Decide();
    CHECK(NoCopyOf(driver) == std::nullopt);
  }
  SECTION("the job has spent its hedges") {
    Driver driver(Hedged(1), 2);
    while (true) {  // each copy starts before it can be cancelled, which costs
      const Dispatch first = driver.TheDispatch();
      driver.Accept(first);
      driver.Decide();
      driver.Wait(300ms);
      const std::vector<Dispatch> copies = driver.Dispatches();
      if (copies.empty()) break;
      driver.Start(copies[0]);
      driver.Start(first);
      driver.Finish(copies[0]);
      driver.Finish(first);
      driver.Apply(RoundStarted{});
    }
    CHECK(NoCopyOf(driver) == NoCopy::kHedgesSpent);
  }
}

TEST_CASE("the deadline that is told is the one that comes") {
  Driver driver(Options(1, "pull"), 2);
  driver.Accept(driver.TheDispatch());
  driver.Decide();
  const auto deadline = NextOf<next_step::AwaitDeadline>(driver).deadline;
  REQUIRE(deadline);
  CHECK(deadline->shard == 0);
  CHECK(deadline->node == "a");
  CHECK_FALSE(deadline->started);
  CHECK(deadline->at == driver.now() + 10min);
  driver.Wait(10min - 1ns);
  CHECK(driver.Decide().empty());
  driver.Wait(1ns);
  CHECK(driver.Decide().size() == 2);  // a Cancel and the next Dispatch
}

}  // namespace
}  // namespace mlp::coordinator
