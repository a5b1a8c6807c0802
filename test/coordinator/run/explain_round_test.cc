// Tests of the words for every state that a round can wait in: each brings a scheduler there, and
// asks it.
#include "services/coordinator/run/explain_round.h"

#include <catch2/catch.hpp>

#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

Explanation SaidOf(const Driver& driver) { return ExplainRound(driver.Explain()); }

TEST_CASE("before a round and after it nothing is waited for") {
  Scheduler idle(Options(1, "pull"));
  CHECK(ExplainRound(idle.Explain(TimePoint(1s))).waiting_for.empty());
  Driver driver(Options(1, "pull"), 1);
  driver.Finish(driver.TheDispatch());
  CHECK(SaidOf(driver).waiting_for.empty());
  CHECK(SaidOf(driver).next.empty());
}

TEST_CASE("no node is up") {
  Driver driver(Options(3, "pull"), 0);
  driver.Decide();
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for == "no node is up");
  CHECK(said.next == "3 shards are given out as soon as a node joins");
  CHECK_FALSE(said.next_at);
}

TEST_CASE("all nodes cool down after rejections: which, until when, and who is asked next") {
  Driver driver(Options(2, "pull"), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Reject(out[0]);
  driver.Wait(4ms);
  driver.Reject(out[1]);
  driver.Decide();
  driver.Wait(1ms);
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for ==
        "2 shards wait for a node, and all rest: a after a rejection for another 5 ms and b after "
        "a rejection for another 9 ms");
  CHECK(said.since == driver.now() - 1ms);  // when the last of them began to
  CHECK(said.next == "shard 0 is offered to a");
  CHECK(said.next_at == driver.now() + 5ms);
}

TEST_CASE("the only node rests after a failure") {
  Driver driver(Options(1, "pull"), 1);
  driver.Lose(driver.TheDispatch());
  driver.Decide();
  CHECK(SaidOf(driver).waiting_for ==
        "shard 0 waits for a node, and the only one rests: a after a failure for another 10 ms");
}

TEST_CASE("nodes that died over a shard are told from the second death on") {
  Driver driver(Options(1, "pull"), 0);
  const auto die = [&driver](const std::string& instance) {
    driver.Apply(NodeJoined{0, "a", 0, instance});
    driver.Wait(5s);
    const Dispatch dispatch = driver.TheDispatch();
    driver.Start(dispatch);
    driver.Lose(dispatch);
    driver.Apply(NodeLeft{0});
    driver.Decide();
  };
  die("first");
  CHECK(SaidOf(driver).waiting_for == "no node is up");
  die("second");
  CHECK(SaidOf(driver).waiting_for ==
        "a and a died while computing shard 0, of memory perhaps (the job fails after 3 such "
        "deaths); no node is up");
}

TEST_CASE("with many nodes at rest only some are named") {
  Driver driver(Options(7, "pull"), 7);
  for (const Dispatch& dispatch : driver.Dispatches()) driver.Reject(dispatch);
  driver.Decide();
  CHECK_THAT(SaidOf(driver).waiting_for,
             Contains("d after a rejection for another 10 ms and 3 more") && !Contains("e after"));
}

TEST_CASE("a shard backs off: for how long and why") {
  Driver driver(Options(1, "least-load"), 2);
  driver.Reject(driver.TheDispatch());
  driver.Decide();
  driver.Wait(2ms);
  const Explanation said = SaidOf(driver);
  CHECK_THAT(said.waiting_for,
             Catch::StartsWith("shard 0 backs off for another 8 ms, because node ") &&
                 Catch::EndsWith("rejected it: busy"));
  CHECK(said.next == "shard 0 is offered again");
  CHECK(said.next_at == driver.now() + 8ms);
}

TEST_CASE("a policy that makes one offer at a time waits for its answer") {
  Driver driver(Options(3, "least-load"), 2);
  const Dispatch offer = driver.TheDispatch();
  const Explanation said = SaidOf(driver);
  CHECK_THAT(said.waiting_for, Contains("waits for shard 0 on ") &&
                                   Contains("offered and not answered for 0 ms; 2 shards wait for "
                                            "the answer to the offer that is out"));
  CHECK(said.next == "shard 1 is offered when that is answered");
}

TEST_CASE("shards wait for a free slot while others compute") {
  Driver driver(Options(5, "pull"), 2);
  for (const Dispatch& dispatch : driver.Dispatches()) {
    driver.Accept(dispatch);
    driver.Start(dispatch);
  }
  driver.Decide();
  driver.Wait(2s);
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for ==
        "waits for 2 shards that compute on a and b, longest for shard 0 on a, computing there for "
        "2.0 s; 3 shards wait for a node with a free slot: all 2 nodes are full (1 at once each)");
  CHECK(said.since == driver.now() - 2s);
  CHECK(said.next ==
        "shard 2 goes to the first node with a free slot; in 9 min 58 s, shard 0 is taken back "
        "from a if it has not finished by then");
  CHECK_FALSE(said.next_at);
}

TEST_CASE("slots that are held by attempts of an earlier round are told apart") {
  Driver driver(Options(1, "pull"), 1);
  driver.TheDispatch();
  driver.Apply(RoundStarted{});
  driver.Decide();
  CHECK(SaidOf(driver).waiting_for ==
        "shard 0 waits for a node with a free slot: the only node is full (1 at once, among them 1 "
        "cancelled, not ended yet)");
}

TEST_CASE("a shard waits for a node that can train it") {
  Driver driver(Options(2, "pull"), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kNodeUnfit, "its file differs");
  driver.Decide();
  CHECK_THAT(SaidOf(driver).waiting_for,
             Contains("shard 0 waits for a node with a free slot: full: b; shard 0 cannot be "
                      "trained on a (node a cannot train it: its file differs)"));
}

TEST_CASE("the last held-up task: on which node, since when, and when a second copy goes where") {
  Driver driver(Hedged(2), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Wait(1ms);
  for (const Dispatch& dispatch : out) driver.Accept(dispatch);
  driver.Finish(out[0]);
  driver.Decide();
  driver.Wait(100ms);
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for == "waits for shard 1 on b, held up or queued there for 0.1 s");
  CHECK(said.since == driver.now() - 100ms);
  CHECK(said.next == "a second copy of shard 1 goes to a if it has not started by then");
  CHECK(said.next_at == driver.now() + 200ms);
}

TEST_CASE("a hedge is outstanding: both copies, their nodes, since when, and what ends it") {
  Driver driver(Hedged(1), 2);
  const auto [first, second] = HoldUpAndCopy(driver);
  driver.Accept(second);
  driver.Decide();
  driver.Wait(20ms);
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for ==
        "waits for the first of 2 copies of shard 0: on a, held up or queued there for 0.3 s; on "
        "b, held up or queued there for 20 ms");
  CHECK(said.since == driver.now() - 320ms);
  CHECK(said.next == "the copy that starts first goes on and the others are cancelled");
  CHECK_FALSE(said.next_at);
  driver.Start(second);
  CHECK(driver.TheCancel().attempt == first.attempt);
  CHECK_THAT(SaidOf(driver).waiting_for, Contains("waits for shard 0 on b, computing there"));
}

TEST_CASE("with a third node the hedge that is outstanding may be followed by another") {
  Driver driver(Hedged(1), 3);
  driver.Accept(driver.TheDispatch());
  driver.Decide();
  driver.Wait(300ms);
  driver.Accept(driver.TheDispatch());
  driver.Decide();
  const Explanation said = SaidOf(driver);
  CHECK(said.next ==
        "another copy of shard 0 goes to c if none has started by then; the copy that starts first "
        "goes on and the others are cancelled");
  CHECK(said.next_at == driver.now() + 300ms);
}

TEST_CASE("why there can be no second copy") {
  SECTION("hedging is off") {
    Driver driver(Options(1, "pull"), 2);
    driver.Accept(driver.TheDispatch());
    CHECK_THAT(SaidOf(driver).next, Contains("no second copy before: hedging is off"));
    CHECK(SaidOf(driver).next_at == driver.now() + 10min);
    CHECK_THAT(SaidOf(driver).next,
               Contains("shard 0 is taken back from a if nothing is heard from there by then"));
  }
  SECTION("the policy makes none") {
    Driver driver(Options(1, "random"), 1);
    driver.Accept(driver.TheDispatch());
    CHECK_THAT(SaidOf(driver).next, Contains("policy random makes none"));
  }
  SECTION("no other node is up") {
    Driver driver(Hedged(1), 1);
    driver.Accept(driver.TheDispatch());
    CHECK_THAT(SaidOf(driver).next, Contains("no other node is up"));
  }
  SECTION("no other node has a free slot") {
    Driver driver(Hedged(2), 2);
    for (const Dispatch& dispatch : driver.Dispatches()) driver.Accept(dispatch);
    driver.Decide();
    driver.Wait(1s);
    driver.Decide();
    CHECK_THAT(SaidOf(driver).waiting_for,
               Contains("waits for 2 shards that have not started, longest for shard 0 on a"));
    CHECK_THAT(SaidOf(driver).next, Contains("no other node has a free slot"));
  }
  SECTION("no other node can train it") {
    Driver driver(Hedged(1), 2);
    driver.Fail(driver.TheDispatch(), FailureKind::kNodeUnfit, "its file differs");
    driver.Accept(driver.TheDispatch());
    CHECK_THAT(SaidOf(driver).next, Contains("no other node can train it"));
  }
  SECTION("it has started already") {
    Driver driver(Hedged(1), 2);
    const Dispatch dispatch = driver.TheDispatch();
    driver.Accept(dispatch);
    driver.Start(dispatch);
    CHECK_THAT(SaidOf(driver).next, Contains("no second copy before: it has started"));
    CHECK_THAT(SaidOf(driver).next, Contains("if it has not finished by then"));
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
  CHECK_THAT(SaidOf(driver).waiting_for,
             Contains("waits for shard 2 on a, held up or queued there for 1.0 s; 2 shards compute "
                      "on a and b"));
  CHECK_THAT(SaidOf(driver).next,
             Contains("another task computes on its node, and no other node is idle"));
}

TEST_CASE("a job that has spent its hedges makes no second copy: why") {
  Driver driver(Hedged(1), 2);
  SpendHedges(driver);
  CHECK_THAT(SaidOf(driver).next, Contains("no second copy before: the job has spent its "
                                           "hedges; each shard that is trained earns a "
                                           "tenth of one"));
}

TEST_CASE("a copy waits for a node that rests") {
  Driver driver(Hedged(2), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Accept(out[0]);
  driver.Accept(out[1]);
  driver.Finish(out[1]);
  driver.Decide();
  driver.Wait(300ms);
  const Dispatch copy = driver.TheDispatch();
  driver.Reject(copy);
  driver.Decide();
  driver.Wait(3ms);
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for == "waits for shard 0 on a, held up or queued there for 0.3 s");
  CHECK(
      said.next ==
      "a second copy of shard 0 goes to b, which rests until then, if it has not started by then");
  CHECK(said.next_at == driver.now() + 7ms);
}

TEST_CASE("an attempt that its node has not answered is told from one that is held up") {
  Driver driver(Hedged(1), 2);
  driver.TheDispatch();
  driver.Wait(50ms);
  const Explanation said = SaidOf(driver);
  CHECK(said.waiting_for == "waits for shard 0 on a, offered and not answered for 50 ms");
  CHECK(said.next_at == driver.now() + 500ms);  // 250 ms for an answer and 300 ms for a start
}

TEST_CASE("an attempt on a node that has left is still waited for") {
  Driver driver(Options(2, "pull"), 1);
  driver.Accept(driver.TheDispatch());
  driver.Apply(NodeLeft{0});
  driver.Decide();
  CHECK(SaidOf(driver).waiting_for ==
        "waits for shard 0 on a, which has left, held up or queued there for 0 ms; shard 1 waits "
        "for a node: none other is up");
}

}  // namespace
}  // namespace mlp::coordinator
