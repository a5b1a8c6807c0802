// Slots, second copies, and a policy of one's own.
#include <catch2/catch.hpp>

#include "services/coordinator/scheduler/policy.h"
#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

// ---- Slots

TEST_CASE("a node holds as many attempts as it has slots, spread over the nodes") {
  SchedulerOptions options = Options(7, "pull");
  options.slots = 3;
  Driver driver(options, 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 6);
  for (std::size_t i = 0; i < out.size(); ++i) {
    CHECK(out[i].node == static_cast<int>(i % 2));
    CHECK(out[i].terms == OfferTerms{.slots = 3, .rejectable = true});
  }
  driver.Finish(out[4]);
  CHECK(driver.TheDispatch().node == out[4].node);
}

TEST_CASE("slots that are left open are the shards divided by the nodes that are up, at most 8") {
  SchedulerOptions options = Options(11, "pull");
  options.slots = 0;
  Driver four(options, 4);
  CHECK(four.Dispatches()[0].terms.slots == 3);
  Driver one(options, 1);
  CHECK(one.Dispatches().size() == 8);
  one.Join(1);
  CHECK(one.Dispatches()[0].terms.slots == 6);
  one.Apply(NodeLeft{0});
  one.Apply(RoundStarted{});
  CHECK(one.Dispatches().back().terms.slots == 8);
}

TEST_CASE("slots that are left open add up to the shards if these can be divided evenly") {
  SchedulerOptions options = Options(12, "pull");
  options.slots = 0;
  Driver driver(options, 4);
  CHECK(driver.Dispatches()[0].terms.slots == 3);
}

// ---- Second copies

TEST_CASE("a task that is accepted and does not start gets a second copy on another node") {
  Driver driver(Hedged(1, 10ms), 3);
  const Dispatch first = driver.TheDispatch();
  CHECK(first.hedge_of == 0);
  driver.Wait(1ms);
  driver.Accept(first);
  CHECK(driver.Decide().empty());
  REQUIRE(driver.Sleep() == 10ms);
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  CHECK(copy.shard == 0);
  CHECK(copy.node != first.node);
  CHECK(copy.hedge_of == first.attempt);
  CHECK(copy.reason ==
        "second copy: attempt 1 on node a has not started 10 ms after it was accepted; node b is "
        "idle longest (of 2 with a free slot)");

  driver.Accept(copy);
  CHECK(driver.Decide().empty());
  driver.Wait(10ms);
  CHECK(driver.TheDispatch().hedge_of == copy.attempt);  // a third, on the last node
  driver.Wait(1s);
  CHECK(driver.Decide().empty());
}

TEST_CASE("a task that starts in time gets no copy") {
  Driver driver(Hedged(1, 10ms), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(9ms);
  driver.Start(first);
  driver.Wait(1s);
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
}

TEST_CASE("an offer that is not answered gets a copy after a while") {
  Driver driver(Hedged(1, 10ms), 2);
  driver.TheDispatch();
  CHECK(driver.Sleep() == 260ms);
  driver.Wait(260ms);
  CHECK_THAT(driver.TheDispatch().reason, Contains("was not answered 0.3 s after it was sent"));
}

TEST_CASE("an offer gets a copy for want of an answer after four times the longest answer seen") {
  Driver driver(Hedged(1, 10ms), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Wait(100ms);
  SECTION("which accepted") {
    driver.Accept(first);
    driver.Finish(first);
    driver.Apply(RoundStarted{});
  }
  SECTION("which rejected") { driver.Reject(first); }
  driver.TheDispatch();
  CHECK(driver.Sleep() == 410ms);
}

TEST_CASE("a shard that has come back is not waited for as if it were out") {
  SchedulerOptions options = Hedged(1, 10ms);
  options.waits.cool_down = 1s;
  Driver driver(options, 1);
  driver.Reject(driver.TheDispatch());
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == 1s);
}

TEST_CASE("without hedging, and with policies that bind at once, there are no copies") {
  for (const std::string_view policy : PolicyNames()) {
    INFO(policy);
    SchedulerOptions options = Options(1, std::string(policy));
    if (MakePolicy(policy)->traits().binding == Binding::kAtOnce) options.hedge_after = 1ms;
    Driver driver(options, 2);
    driver.Accept(driver.TheDispatch());
    driver.Wait(30s);
    CHECK(driver.Decide().empty());
  }
}

TEST_CASE("as soon as one copy starts, those that have not are cancelled") {
  Driver driver(Hedged(1, 10ms), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  driver.Accept(copy);
  driver.Start(copy);
  const Cancel cancel = driver.TheCancel();
  CHECK(cancel.attempt == first.attempt);
  CHECK(cancel.reason == "attempt 2 of the same shard has started on node b");
  driver.Finish(copy);
  CHECK(driver.scheduler().Done());
  driver.Fail(first, FailureKind::kNodeLost, "cancelled");
  CHECK(driver.scheduler().finished_shards() == 1);
}

TEST_CASE("a copy that has ended by itself meanwhile is not cancelled") {
  Driver driver(Hedged(1, 10ms), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  driver.Start(copy);
  driver.Lose(first);
  CHECK(driver.Decide().empty());
}

TEST_CASE("when both copies have started the first result wins and the other is cancelled") {
  Driver driver(Hedged(1, 10ms), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  driver.Start(first);
  driver.Start(copy);
  CHECK(driver.TheCancel().attempt == copy.attempt);  // had not started when the first one had
  driver.Finish(copy);                                // its result came anyway
  CHECK(driver.scheduler().finished_shards() == 0);
  driver.Finish(first);
  CHECK(driver.scheduler().Done());
}

TEST_CASE("a copy that is rejected goes to the next node, and costs the shard no retry") {
  SchedulerOptions options = Hedged(1, 10ms);
  options.max_retries = 0;
  Driver driver(options, 3);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  driver.Reject(copy);
  const Dispatch next = driver.TheDispatch();
  CHECK(next.hedge_of == first.attempt);
  CHECK(next.node == 2);
}

TEST_CASE("a shard whose first copy is lost is still with the second one") {
  Driver driver(Hedged(1, 10ms), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  driver.Lose(first);
  CHECK(driver.Decide().empty());
  driver.Start(copy);
  driver.Finish(copy);
  CHECK(driver.scheduler().Done());
}

TEST_CASE("a copy keeps no shard waiting") {
  Driver driver(Hedged(3, 10ms), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Accept(out[0]);
  driver.Wait(1s);
  driver.Finish(out[1]);
  CHECK(driver.TheDispatch().shard == 2);
}

TEST_CASE("no copy is made while a shard waits for a node that can train it") {
  Driver driver(Hedged(2, 10ms), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Fail(out[0], FailureKind::kNodeUnfit, "its file differs");
  driver.Accept(out[1]);
  driver.Wait(10ms);
  CHECK(driver.Decide().empty());
  driver.Join(2);
  const std::vector<Dispatch> next = driver.Dispatches();
  REQUIRE(next.size() == 2);
  CHECK(next[0].shard == 0);
  CHECK(next[1].hedge_of == out[1].attempt);
}

TEST_CASE("a decision looks at sixteen shards that no node can take a copy of, and no further") {
  const auto copies_beyond = [](int shards) {
    SchedulerOptions options = Hedged(shards + 1, 10ms);
    options.slots = shards + 1;
    Driver driver(options, 1);
    std::vector<Dispatch> out = driver.Dispatches();
    driver.Join(1);
    for (int i = 0; i < shards; ++i) {
      Dispatch& dispatch = out[static_cast<std::size_t>(i)];
      driver.Fail(dispatch, FailureKind::kNodeUnfit, "its file differs");
      dispatch = driver.TheDispatch();  // to the other node
    }
    for (const Dispatch& dispatch : out) driver.Accept(dispatch);
    driver.Wait(10ms);
    return driver.Dispatches().size();
  };
  CHECK(copies_beyond(15) == 1);
  CHECK(copies_beyond(16) == 0);
}

TEST_CASE("a decision makes all copies that are due, also if they are many") {
  SchedulerOptions options = Hedged(20, 10ms);
  options.slots = 20;
  Driver driver(options, 1);
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 20);
  driver.Join(1);
  for (const Dispatch& dispatch : out) driver.Accept(dispatch);
  driver.Wait(10ms);
  CHECK(driver.Dispatches().size() == 20);
}

TEST_CASE("a node's rest needs no wakeup any more when the task that it kept from a copy starts") {
  Driver driver(Hedged(2, 10ms), 2);
  const std::vector<Dispatch> out = driver.Dispatches();
  driver.Accept(out[0]);
  driver.Finish(out[1]);
  driver.Wait(10ms);
  driver.Reject(driver.TheDispatch());
  CHECK(driver.Decide().empty());
  REQUIRE(driver.Sleep() == 10ms);
  driver.Start(out[0]);
  CHECK(driver.Decide().empty());
  CHECK(driver.Sleep() == std::nullopt);
}

TEST_CASE("a task that waits behind one that computes is copied to an idle node only") {
  SchedulerOptions options = Hedged(5, 10ms);
  options.slots = 3;
  Driver driver(options, 2);
  const std::vector<Dispatch> out = driver.Dispatches();  // three on a, two on b
  REQUIRE(out.size() == 5);
  for (const Dispatch& each : out) driver.Accept(each);
  driver.Start(out[0]);
  driver.Start(out[1]);
  driver.Wait(1s);
  CHECK(driver.Decide().empty());  // the slot that b has left would be the end of another line
  driver.Finish(out[1]);
  driver.Decide();
  driver.Finish(out[3]);
  const Dispatch copy = driver.TheDispatch();
  CHECK(copy.node == 1);
  CHECK(copy.hedge_of == out[2].attempt);
}

TEST_CASE("a task whose node computes nothing any more is copied to a busy node, too") {
  SchedulerOptions options = Hedged(3, 10ms);
  options.slots = 2;
  Driver driver(options, 2);
  const std::vector<Dispatch> out = driver.Dispatches();  // two on a, one on b
  REQUIRE(out.size() == 3);
  for (const Dispatch& each : out) driver.Accept(each);
  driver.Start(out[0]);
  driver.Start(out[1]);
  driver.Finish(out[0]);
  driver.Decide();
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  CHECK(copy.node == 1);
  CHECK(copy.hedge_of == out[2].attempt);
}

TEST_CASE("a task that is copied though it computes is trained once and gets no third copy") {
  Driver driver(Hedged(1, 10ms), 3);
  const Dispatch first = driver.TheDispatch();
  driver.Start(first);
  driver.Accept(first);  // its node says so too late
  driver.Wait(10ms);
  const Dispatch copy = driver.TheDispatch();
  SECTION("both compute") {
    driver.Start(copy);
    driver.Finish(copy);
    CHECK(driver.TheCancel().attempt == first.attempt);
    driver.Finish(first);
    CHECK(driver.scheduler().finished_shards() == 1);
  }
  SECTION("the second one is rejected") {
    driver.Reject(copy);
    CHECK(driver.Decide().empty());
  }
}

TEST_CASE("copies that both compute cost tokens, and no more are started when these are spent") {
  // Every copy starts together with the first one, so every one of them costs arithmetic.
  Driver driver(Hedged(1, 0ms), 2);
  int copies = 0;
  for (int round = 0; round < 40; ++round) {
    if (round > 0) driver.Apply(RoundStarted{});
    const Dispatch first = driver.TheDispatch();
    driver.Accept(first);
    const std::vector<Dispatch> copy = driver.Dispatches();
    copies += static_cast<int>(copy.size());
    for (const Dispatch& each : copy) driver.Start(each);
    driver.Start(first);
    driver.Decide();
    driver.Finish(first);
    for (const Dispatch& each : copy) driver.Finish(each);
    driver.Wait(1s);
  }
  // Ten to begin with, and one for every ten shards that were trained.
  CHECK(copies >= 13);
  CHECK(copies <= 14);
}

TEST_CASE("copies that never start cost nothing, however many there are") {
  Driver driver(Hedged(1, 0ms), 2);
  for (int round = 0; round < 100; ++round) {
    if (round > 0) driver.Apply(RoundStarted{});
    const Dispatch first = driver.TheDispatch();
    driver.Accept(first);
    const Dispatch copy = driver.TheDispatch();
    driver.Start(first);
    CHECK(driver.TheCancel().attempt == copy.attempt);
    driver.Fail(copy, FailureKind::kNodeLost, "cancelled");
    driver.Finish(first);
    driver.Wait(1s);
  }
}

TEST_CASE("copies whose deadlines pass before they start cost nothing either") {
  SchedulerOptions options = Hedged(1, 0ms);
  options.waits.first_deadline = 1min;
  Driver driver(options, 2);
  for (int round = 0; round < 20; ++round) {
    if (round > 0) driver.Apply(RoundStarted{});
    const Dispatch first = driver.TheDispatch();
    driver.Accept(first);
    const Dispatch copy = driver.TheDispatch();
    driver.Wait(1min);
    driver.Accept(first);  // a sign of life
    CHECK(driver.TheCancel().attempt == copy.attempt);
    driver.Fail(copy, FailureKind::kNodeLost, "cancelled");
    driver.Start(first);
    driver.Finish(first);
    driver.Wait(1s);
  }
}

TEST_CASE("a task that had no copy gives back no token when it is rejected") {
  Driver driver(Hedged(1), 3);
  SpendHedges(driver);
  driver.Apply(RoundStarted{});
  driver.Reject(driver.TheDispatch());
  driver.Accept(driver.TheDispatch());
  driver.Decide();
  driver.Wait(300ms);
  CHECK(driver.Decide().empty());
}

// ---- A policy of one's own

// The node with the highest number.
class LastNode final : public Policy {
 public:
  PolicyTraits traits() const override { return {}; }
  Choice Choose(const Candidates& candidates, std::mt19937_64&) override {
    return {candidates.At(candidates.size() - 1).node, "the last one"};
  }
};

TEST_CASE("a new policy takes one small class, and slots and hedging come with it") {
  Driver driver(Scheduler(Hedged(2, 10ms), std::make_unique<LastNode>()), 3);
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  CHECK(out[0].node == 2);
  CHECK(out[1].node == 1);
  CHECK(out[0].reason == "the last one");
  driver.Accept(out[0]);
  driver.Wait(10ms);
  CHECK(driver.TheDispatch().node == 0);
}

}  // namespace
}  // namespace mlp::coordinator
