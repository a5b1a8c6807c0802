#include "services/coordinator/scheduler/scheduler.h"

#include <catch2/catch.hpp>
#include <map>

#include "test/coordinator/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

// ---- Rounds

TEST_CASE("nothing is dispatched before a round starts") {
  Scheduler scheduler(Options(2, "pull"));
  scheduler.Apply(TimePoint(1s), NodeJoined{0, "a"});
  CHECK(scheduler.Decide(TimePoint(1s)).empty());
  CHECK_FALSE(scheduler.Done());
  CHECK(scheduler.NextWakeup() == std::nullopt);
  CHECK(scheduler.WaitingFor(TimePoint(1s)).empty());
}

TEST_CASE("a round is done when every shard was trained once, and the next one starts afresh") {
  Driver driver(Options(3, "pull"), 2);
  AttemptId last = 0;
  for (int round = 0; round < 3; ++round) {
    if (round > 0) driver.Apply(RoundStarted{});
    int trained = 0;
    while (!driver.scheduler().Done()) {
      CHECK(driver.scheduler().finished_shards() == trained);
      for (const Dispatch& dispatch : driver.Dispatches()) {
        CHECK(dispatch.attempt == ++last);
        CHECK(dispatch.offer == 0);
        driver.Finish(dispatch);
        ++trained;
      }
    }
    CHECK(trained == 3);
    CHECK(driver.Decide().empty());
    CHECK(driver.Sleep() == std::nullopt);
  }
}

TEST_CASE("an attempt of an earlier round holds its slot until it ends, and trains nothing") {
  Driver driver(Options(1, "pull"), 1);
  const Dispatch old = driver.TheDispatch();
  driver.Apply(RoundStarted{});
  CHECK(driver.Decide().empty());
  CHECK(driver.WaitingFor().empty());
  driver.Finish(old);
  CHECK(driver.scheduler().finished_shards() == 0);
  CHECK(driver.TheDispatch().attempt == old.attempt + 1);
}

TEST_CASE("a failed attempt of an earlier round costs neither its shard nor its node anything") {
  Driver driver(Options(1, "pull"), 1);
  const Dispatch old = driver.TheDispatch();
  driver.Apply(RoundStarted{});
  driver.Fail(old, FailureKind::kHopeless, "late");
  const Dispatch fresh = driver.TheDispatch();
  CHECK(fresh.offer == 0);
  CHECK_THAT(fresh.reason, !Contains("retry"));
}

TEST_CASE("events about attempts that are unknown or have ended are ignored") {
  Driver driver(Options(2, "pull"), 1);
  const Dispatch first = driver.TheDispatch();
  driver.Apply(AttemptAccepted{first.attempt});
  driver.Apply(AttemptStarted{first.attempt});
  driver.Finish(first);
  driver.Finish(first);
  driver.Reject(first);
  driver.Fail(first, FailureKind::kHopeless, "late");
  driver.Apply(AttemptFinished{99});
  driver.Apply(AttemptAccepted{99});
  driver.Apply(NodeLeft{99});
  CHECK(driver.scheduler().finished_shards() == 1);
  CHECK(driver.TheDispatch().shard == 1);
}

// ---- Policies

TEST_CASE("random binds every shard at once, and every node queues") {
  Driver driver(Options(40, "random"), 4);
  const std::vector<Dispatch> dispatches = driver.Dispatches();
  REQUIRE(dispatches.size() == 40);
  for (int shard = 0; shard < 40; ++shard) {
    CHECK(dispatches[static_cast<std::size_t>(shard)].shard == shard);
    CHECK(dispatches[static_cast<std::size_t>(shard)].terms ==
          OfferTerms{.slots = 0, .rejectable = false});
  }
}

TEST_CASE("least-load offers one shard after the other and spreads them evenly") {
  Driver driver(Options(8, "least-load"), 4);
  std::map<int, int> per_node;
  for (int shard = 0; shard < 8; ++shard) {
    const Dispatch offer = driver.TheDispatch();
    CHECK(offer.shard == shard);
    ++per_node[offer.node];
    CHECK(driver.Decide().empty());  // not answered yet
    driver.Accept(offer);
  }
  CHECK(per_node == std::map<int, int>{{0, 2}, {1, 2}, {2, 2}, {3, 2}});
}

TEST_CASE("under least-load a node that rejected is still the least active one") {
  Driver driver(Options(2, "least-load"), 2);
  driver.Accept(driver.TheDispatch());
  const Dispatch rejected = driver.TheDispatch();
  driver.Reject(rejected);
  CHECK(driver.Decide().empty());
  driver.Wait(10ms);
  CHECK(driver.TheDispatch().node == rejected.node);
}

TEST_CASE(
    "after a rejection under least-load the shard backs off, longer each time, up to a limit") {
  SchedulerOptions options = Options(1, "least-load");
  options.waits.back_off_max = 50ms;
  Driver driver(options, 2);
  for (const auto expected : {10ms, 20ms, 40ms, 50ms, 50ms}) {
    driver.Reject(driver.TheDispatch());
    CHECK(driver.Decide().empty());
    REQUIRE(driver.Sleep() == expected);
    driver.Wait(expected - 1ns);
    CHECK(driver.Decide().empty());
    driver.Wait(1ns);
  }
  CHECK_THAT(driver.TheDispatch().reason, Contains("; retry 5 of 100 because node"));
}

TEST_CASE("pull gives each node one shard at a time and the next when it is free") {
  Driver driver(Options(5, "pull"), 2);
  const std::vector<Dispatch> first = driver.Dispatches();
  REQUIRE(first.size() == 2);
  CHECK(first[0].reason == "node a is idle longest (of 2 with a free slot)");
  CHECK(first[1].reason == "node b alone has a free slot");
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
  driver.Wait(1ms);
  driver.Finish(first[1]);
  driver.Wait(1ms);
  driver.Finish(first[0]);
  const std::vector<Dispatch> second = driver.Dispatches();
  REQUIRE(second.size() == 2);
  CHECK(second[0].shard == 2);
  CHECK(second[0].node == 1);  // free for longer
  CHECK(second[1].node == 0);
}

TEST_CASE("a shard goes first to the node that has kept its result, whatever its slots") {
  for (const std::string_view policy : PolicyNames()) {
    INFO(policy);
    Driver driver(Options(4, std::string(policy)), 2);
    driver.Apply(ResultsKept{1, {0, 2, 3}});
    const std::vector<Dispatch> dispatches = driver.Dispatches();
    REQUIRE(dispatches.size() >= 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(dispatches[i].node == 1);
      CHECK_THAT(dispatches[i].reason, Catch::Contains("node b") && Catch::Contains("kept"));
    }
    CHECK(dispatches[0].shard == 0);
    CHECK(dispatches[1].shard == 2);
    CHECK(dispatches[2].shard == 3);
  }
}

TEST_CASE("results may be told of before their node joins, and before their round starts") {
  SECTION("before the node joins") {
    Driver driver(Options(1, "pull"), 0);
    driver.Apply(ResultsKept{1, {0}});
    CHECK(driver.Decide().empty());
    driver.Join(0);
    driver.Join(1);
    CHECK(driver.TheDispatch().node == 1);
  }
  SECTION("before the round starts") {
    Driver driver(Options(1, "pull"), 2);
    driver.Finish(driver.TheDispatch());
    driver.Apply(ResultsKept{1, {0}});
    driver.Apply(RoundStarted{});
    CHECK(driver.TheDispatch().node == 1);
  }
}

TEST_CASE("a kept result that cannot be had is forgotten, and its shard goes to any node") {
  SECTION("the node fails") {
    Driver driver(Options(1, "pull"), 2);
    driver.Apply(ResultsKept{1, {0}});
    const Dispatch first = driver.TheDispatch();
    REQUIRE(first.node == 1);
    driver.Lose(first);
    CHECK(driver.TheDispatch().node == 0);
  }
  SECTION("the node leaves before it is asked") {
    Driver driver(Options(1, "pull"), 2);
    driver.Apply(ResultsKept{1, {0}});
    driver.Apply(NodeLeft{1});
    CHECK(driver.TheDispatch().node == 0);
  }
  SECTION("the shard is out elsewhere") {
    Driver driver(Options(1, "pull"), 2);
    REQUIRE(driver.TheDispatch().node == 0);
    driver.Apply(ResultsKept{1, {0}});
    CHECK(driver.Dispatches().empty());
  }
  SECTION("there is no such node or shard") {
    Driver driver(Options(1, "pull"), 1);
    driver.Apply(ResultsKept{7, {0}});
    driver.Apply(ResultsKept{0, {5}});
    CHECK(driver.TheDispatch().node == 0);
  }
}

TEST_CASE("after a rejection under pull the shard goes elsewhere at once and the node cools down") {
  Driver driver(Options(3, "pull"), 3);
  const std::vector<Dispatch> first = driver.Dispatches();
  driver.Finish(first[2]);
  driver.Reject(first[0]);
  const Dispatch again = driver.TheDispatch();
  CHECK(again.shard == first[0].shard);
  CHECK(again.node == first[2].node);
  CHECK(again.reason ==
        "node c alone has a free slot; retry 1 of 100 because node a rejected it: busy");

  driver.Reject(again);
  CHECK(driver.Decide().empty());
  REQUIRE(driver.Sleep() == 10ms);
  driver.Wait(10ms);
  const Dispatch third = driver.TheDispatch();
  CHECK(third.node == first[0].node);
  CHECK(third.offer == 1);
}

TEST_CASE("a rest of a node that nothing waits for needs no wakeup") {
  Driver driver(Options(2, "pull"), 3);
  const std::vector<Dispatch> first = driver.Dispatches();
  driver.Reject(first[0]);
  CHECK(driver.TheDispatch().node == 2);
  CHECK(driver.Sleep() == std::nullopt);
}

TEST_CASE("a rest of a node that has left needs no wakeup") {
  Driver driver(Options(3, "pull"), 2);
  driver.Reject(driver.Dispatches()[0]);
  CHECK(driver.Decide().empty());
  REQUIRE(driver.Sleep() == 10ms);
  driver.Apply(NodeLeft{0});
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
}

// ---- Nodes

TEST_CASE("nodes that leave get nothing, and nodes that join are used at once") {
  Driver driver(Options(3, "pull"), 2);
  const std::vector<Dispatch> first = driver.Dispatches();
  driver.Apply(NodeLeft{0});
  driver.Finish(first[0]);
  CHECK(driver.Decide().empty());
  driver.Join(4);
  CHECK(driver.TheDispatch().node == 4);
}

TEST_CASE("a node that leaves and joins again still holds its old attempt's slot") {
  Driver driver(Options(2, "pull"), 1);
  const Dispatch first = driver.TheDispatch();
  driver.Apply(NodeLeft{0});
  driver.Join(0);
  driver.Join(0);
  CHECK(driver.Decide().empty());
  driver.Finish(first);
  CHECK(driver.TheDispatch().node == 0);
}

TEST_CASE("a lost node waits longer after each failure in a row, also across its absence") {
  SchedulerOptions options = Options(2, "pull");
  options.waits.back_off_max = 35ms;
  Driver driver(options, 1);
  for (const auto expected : {10ms, 20ms, 35ms, 35ms}) {
    const Dispatch lost = driver.TheDispatch();
    driver.Apply(NodeLeft{0});
    driver.Lose(lost);
    driver.Decide();
    CHECK(driver.Sleep() == std::nullopt);
    driver.Join(0);
    CHECK(driver.Decide().empty());
    REQUIRE(driver.Sleep() == expected);
    driver.Wait(expected);
  }
  driver.Finish(driver.TheDispatch());
  driver.Lose(driver.TheDispatch());
  driver.Decide();
  CHECK(driver.Sleep() == 10ms);  // success forgives
}

TEST_CASE("a shard whose node is lost goes elsewhere at once") {
  Driver driver(Options(1, "pull"), 2);
  const Dispatch lost = driver.TheDispatch();
  driver.Lose(lost);
  const Dispatch again = driver.TheDispatch();
  CHECK(again.node != lost.node);
  CHECK_THAT(again.reason, Contains("retry 1 of 100 because node a failed: connection reset"));
}

TEST_CASE("an unfit node is not offered the shard again in the round, but others and later again") {
  Driver driver(Options(2, "pull"), 2);
  std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kNodeUnfit, "its file differs");
  CHECK(driver.Decide().empty());  // node a is free, but unfit for shard 0
  CHECK(driver.Sleep() == std::nullopt);
  driver.Finish(out[1]);
  const Dispatch again = driver.TheDispatch();
  CHECK(again.shard == 0);
  CHECK(again.node == 1);
  driver.Finish(again);
  REQUIRE(driver.scheduler().Done());

  driver.Apply(NodeLeft{1});
  driver.Apply(RoundStarted{});
  out = driver.Dispatches();
  REQUIRE(out.size() == 1);
  CHECK(out[0].shard == 0);
  CHECK(out[0].node == 0);
}

TEST_CASE("among equally free nodes a shard goes to one that trained it before") {
  Driver driver(Options(2, "pull"), 2);
  std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  CHECK(out[0].node == 0);
  driver.Finish(out[0]);
  driver.Finish(out[1]);

  // Node 1 is idle longest now, but node 0 has the rows of shard 0.
  driver.Wait(1ms);
  driver.Apply(NodeLeft{0});
  driver.Apply(NodeJoined{0, "a"});
  driver.Apply(RoundStarted{});
  out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  CHECK(out[0].shard == 0);
  CHECK(out[0].node == 0);
  CHECK_THAT(out[0].reason, Contains("node a has the rows and is idle"));
}

TEST_CASE(
    "shards that are kept from before a restart are not trained again, and attempts count on") {
  SchedulerOptions options = Options(3, "pull");
  options.attempts_before = 41;
  Driver driver(options, 0);
  driver.Apply(RoundStarted{{0, 2}});
  driver.Join(0);
  const Dispatch only = driver.TheDispatch();
  CHECK(only.shard == 1);
  CHECK(only.attempt == 42);
  CHECK(driver.scheduler().finished_shards() == 2);
  driver.Finish(only);
  CHECK(driver.scheduler().Done());
}

TEST_CASE("a node that holds less than the job's slots is given no more than it holds") {
  SchedulerOptions options = Options(6, "pull");
  options.slots = 4;
  Driver driver(options, 0);
  driver.Apply(NodeJoined{0, "small", 1});
  driver.Apply(NodeJoined{1, "large"});
  std::map<int, int> given;
  for (const Dispatch& dispatch : driver.Dispatches()) {
    ++given[dispatch.node];
    CHECK(dispatch.terms.slots == (dispatch.node == 0 ? 1 : 4));
  }
  CHECK(given[0] == 1);
  CHECK(given[1] == 4);
}

TEST_CASE("shards that no free node can train do not hold up the others") {
  Driver driver(Options(3, "pull"), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kNodeUnfit, "its file differs");
  const std::vector<Dispatch> next = driver.Dispatches();
  CHECK(next.empty() == false);
  CHECK(next[0].shard == 2);
  CHECK(next[0].node == 0);
}

// ---- Giving up

TEST_CASE("a shard that no node can train ends the round, with what each node said") {
  Driver driver(Options(1, "pull"), 2);
  driver.Fail(driver.TheDispatch(), FailureKind::kNodeUnfit, "its file differs");
  driver.Fail(driver.TheDispatch(), FailureKind::kNodeUnfit, "no such file");
  const GiveUp give_up = driver.TheGiveUp();
  CHECK(give_up.shard == 0);
  CHECK(give_up.reason ==
        "shard 0 cannot be trained by any node that is up (2): node a cannot train it: its file "
        "differs; node b cannot train it: no such file");
}

TEST_CASE("when the last node that could train a shard leaves, the round ends") {
  Driver driver(Options(1, "pull"), 2);
  driver.Fail(driver.TheDispatch(), FailureKind::kNodeUnfit, "its file differs");
  const Dispatch second = driver.TheDispatch();
  driver.Apply(NodeLeft{1});
  CHECK(driver.Decide().empty());  // node b may still finish it
  driver.Lose(second);
  CHECK_THAT(driver.TheGiveUp().reason, Contains("any node that is up (1)"));
}

TEST_CASE("with no node up an unfit node's shard waits, the unfit node alone does not help") {
  Driver driver(Options(1, "pull"), 1);
  const Dispatch only = driver.TheDispatch();
  driver.Apply(NodeLeft{0});
  driver.Fail(only, FailureKind::kNodeUnfit, "its file differs");
  CHECK(driver.Decide().empty());
  CHECK(driver.WaitingFor() == "no node is up");
  driver.Join(0);
  CHECK(driver.TheGiveUp().shard == 0);
}

TEST_CASE("an attempt that would fail anywhere ends the round at once and calls the others back") {
  Driver driver(Options(3, "random"), 1);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[1], FailureKind::kHopeless, "not finite");
  const std::vector<Decision> decisions = driver.Decide();
  REQUIRE(decisions.size() == 3);
  CHECK(std::get<Cancel>(decisions[0]).attempt == out[0].attempt);
  CHECK(std::get<Cancel>(decisions[1]).attempt == out[2].attempt);
  CHECK(std::get<Cancel>(decisions[1]).reason == "the round is given up for shard 1");
  CHECK(std::get<GiveUp>(decisions[2]).reason ==
        "shard 1 would fail on any node: node a says: not finite");
}

TEST_CASE("retries are bounded, and the end tells what happened to each attempt") {
  SchedulerOptions options = Options(1, "pull");
  options.max_retries = 4;
  Driver driver(options, 2);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const Dispatch dispatch = driver.TheDispatch();
    if (dispatch.node == 0) driver.Reject(dispatch);
    if (dispatch.node == 1) driver.Lose(dispatch);
    driver.Wait(1s);
  }
  CHECK(driver.TheGiveUp().reason ==
        "shard 0 ran out of retries (max_retries 4, attempts 5): node a rejected it: busy "
        "(3 times); node b failed: connection reset (2 times)");
}

TEST_CASE("the story of a shard that ran out of retries is bounded") {
  SchedulerOptions options = Options(1, "pull");
  options.max_retries = 19;
  Driver driver(options, 1);
  for (int attempt = 0; attempt < 20; ++attempt) {
    const std::string reason = "reason " + std::to_string(100 + attempt);
    driver.Apply(AttemptRejected{driver.TheDispatch().attempt, reason});
    driver.Wait(1s);
  }
  const std::string reason = driver.TheGiveUp().reason;
  CHECK_THAT(reason, Contains("reason 111"));
  CHECK_THAT(reason, !Contains("reason 112"));
  CHECK_THAT(reason, Catch::EndsWith("; and 8 more"));
}

TEST_CASE("with no retries allowed the first rejection ends the round") {
  SchedulerOptions options = Options(1, "least-load");
  options.max_retries = 0;
  Driver driver(options, 1);
  driver.Reject(driver.TheDispatch());
  CHECK_THAT(driver.TheGiveUp().reason, Contains("max_retries 0, attempts 1"));
}

TEST_CASE("after giving up nothing is decided until the next round starts") {
  Driver driver(Options(2, "random"), 1);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kHopeless, "not finite");
  driver.TheGiveUp();
  driver.Join(1);
  driver.Apply(NodeLeft{0});
  driver.Fail(out[1], FailureKind::kHopeless, "called back");
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
  CHECK(driver.WaitingFor().empty());
  CHECK_FALSE(driver.scheduler().Done());
  driver.Apply(RoundStarted{});
  CHECK(driver.Dispatches().size() == 2);
}

TEST_CASE("a deadline stays one after a year of silence and after any number of expiries") {
  Deadlines deadlines(1000h, 1000h);
  deadlines.Ended(TimePoint(), TimePoint(24h * 366 * 50));
  for (int i = 0; i < 20; ++i) {
    CHECK(deadlines.limit() >= 1000h);
    CHECK(deadlines.limit() <= 24h * 366);
    deadlines.Expired();
  }
}

// ---- Waiting

TEST_CASE("the scheduler says that no node is up, and goes on when one joins") {
  Driver driver(Options(1, "pull"), 0);
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
  CHECK(driver.WaitingFor() == "no node is up");
  driver.Join(2);
  CHECK(driver.TheDispatch().node == 2);
  CHECK(driver.WaitingFor().empty());
}

TEST_CASE("the scheduler says that nodes rest") {
  Driver driver(Options(1, "pull"), 1);
  driver.Reject(driver.TheDispatch());
  driver.Decide();
  driver.Wait(2ms);
  CHECK(driver.WaitingFor() ==
        "shard 0 waits for a node, and the only one rests: a after a rejection for another 8 ms");
}

TEST_CASE("the scheduler says that a shard backs off") {
  Driver driver(Options(1, "least-load"), 1);
  driver.Reject(driver.TheDispatch());
  driver.Decide();
  CHECK(driver.WaitingFor() ==
        "shard 0 backs off for another 10 ms, because node a rejected it: busy");
}

}  // namespace
}  // namespace mlp::coordinator
