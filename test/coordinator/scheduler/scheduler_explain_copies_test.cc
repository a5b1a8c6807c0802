// Tests that Scheduler::Explain tells of second copies and deadlines, and that it comes true.
#include <catch2/catch.hpp>

#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

std::optional<NoCopy> NoCopyOf(const Driver& driver) {
  return NextOf<next_step::AwaitDeadline>(driver).no_copy;
}

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
  CHECK(facts.held->copies[0].state == AttemptFacts::State::kAccepted);
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
  const auto [first, second] = HoldUpAndCopy(driver);
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
  const Dispatch second = HoldUpAndCopy(driver).second;
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
  const auto [first, second] = HoldUpAndCopy(driver);
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
  CHECK(facts.held->copies[0].state == AttemptFacts::State::kOffered);
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
}

TEST_CASE("a task that waits in line, and would elsewhere too, gets no second copy: why") {
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

TEST_CASE("a job that has spent its hedges makes no second copy: why") {
  Driver driver(Hedged(1), 2);
  SpendHedges(driver);
  CHECK(NoCopyOf(driver) == NoCopy::kHedgesSpent);
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
