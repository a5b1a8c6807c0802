#include "services/coordinator/scheduler/scheduler.h"

#include <catch2/catch.hpp>
#include <map>

#include "test/coordinator/scheduler/scheduler_driver.h"

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
  CHECK_FALSE(scheduler.Explain(TimePoint(1s)).waits);
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
  CHECK_FALSE(driver.Explain().held);
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

TEST_CASE("a round that starts over owes no copies of the one before") {
  Driver driver(Hedged(2, 10ms), 3);
  for (const Dispatch& dispatch : driver.Dispatches()) driver.Accept(dispatch);
  REQUIRE(driver.Sleep() == 10ms);
  driver.Apply(RoundStarted{{0, 1}});
  CHECK(driver.scheduler().Done());
  CHECK(driver.Sleep() == std::nullopt);
  driver.Wait(10ms);
  CHECK(driver.Decide().empty());
}

TEST_CASE("a plan to give up does not outlive its round") {
  SchedulerOptions options = Options(1, "pull");
  options.max_retries = 0;
  Driver driver(options, 2);
  driver.Reject(driver.TheDispatch());
  driver.Apply(RoundStarted{});
  CHECK(driver.TheDispatch().shard == 0);
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

// ---- Giving up

TEST_CASE("an attempt that would fail anywhere ends the round at once and cancels the others") {
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
  driver.Fail(out[1], FailureKind::kHopeless, "cancelled");
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
  CHECK_FALSE(driver.Explain().waits);
  CHECK_FALSE(driver.scheduler().Done());
  driver.Apply(RoundStarted{});
  CHECK(driver.Dispatches().size() == 2);
}

}  // namespace
}  // namespace mlp::coordinator
