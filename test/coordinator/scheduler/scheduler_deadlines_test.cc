// Tests of the deadlines of attempts that give no sign of life.
#include <catch2/catch.hpp>

#include "services/coordinator/scheduler/deadlines.h"
#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("an attempt that says nothing is cancelled at its deadline and tried elsewhere") {
  Driver driver(Options(1, "pull"), 2);
  const Dispatch silent = driver.TheDispatch();
  REQUIRE(driver.LongSleep() == 10min);
  driver.Wait(10min);
  const std::vector<Decision> decisions = driver.Decide();
  REQUIRE(decisions.size() == 2);
  CHECK(std::get<Cancel>(decisions[0]).attempt == silent.attempt);
  CHECK(std::get<Cancel>(decisions[0]).reason == "no sign of life for 10 min 00 s");
  const auto& again = std::get<Dispatch>(decisions[1]);
  CHECK(again.node != silent.node);
  CHECK_THAT(again.reason, Contains("node a gave no sign of life for 10 min 00 s"));
  CHECK(driver.LongSleep() == 20min);  // perhaps it is just slow
}

TEST_CASE("a node whose attempts are silent rests as after failures, longer each time") {
  SchedulerOptions options = Options(1, "pull");
  options.slots = 3;
  Driver driver(options, 1);
  for (const auto expected : {10ms, 20ms, 40ms}) {
    const Dispatch silent = driver.TheDispatch();
    driver.Wait(driver.LongSleep());
    CHECK(driver.TheCancel().attempt == silent.attempt);
    REQUIRE(driver.Sleep() == expected);
    const RoundFacts facts = driver.Explain();
    REQUIRE(facts.ready);
    REQUIRE(facts.ready->resting.size() == 1);
    CHECK(facts.ready->resting[0].cause == RestCause::kFailure);
    driver.Wait(expected);
  }
}

TEST_CASE("a deadline is ten minutes at first, and a minute at least") {
  Driver driver(Options(2, "pull"), 1);
  const Dispatch first = driver.TheDispatch();
  CHECK(driver.LongSleep() == 10min);
  driver.Accept(first);
  driver.Start(first);
  driver.Wait(1s);
  driver.Finish(first);
  driver.TheDispatch();
  CHECK(driver.LongSleep() == 1min);
}

TEST_CASE("an expiry doubles deadlines until a shard is trained") {
  Driver driver(Options(1, "pull"), 2);
  driver.TheDispatch();
  driver.Wait(10min);
  const std::vector<Decision> decisions = driver.Decide();
  REQUIRE(decisions.size() == 2);
  CHECK(driver.LongSleep() == 20min);
  driver.Wait(1s);
  driver.Finish(std::get<Dispatch>(decisions[1]));
  driver.Apply(RoundStarted{});
  driver.TheDispatch();
  CHECK(driver.LongSleep() == 1min);
}

TEST_CASE("deadlines follow what was seen, and a sign of life puts them off") {
  Driver driver(Options(2, "pull"), 1);
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Wait(2min);
  driver.Start(first);
  driver.Wait(30s);
  driver.Finish(first);
  const Dispatch second = driver.TheDispatch();
  REQUIRE(driver.LongSleep() == 20min);  // ten times the longest silence that ended well
  driver.Wait(19min);
  driver.Start(second);
  driver.Wait(1min);
  CHECK(driver.Decide().empty());
  CHECK(driver.LongSleep() > 1min);
}

TEST_CASE("tasks that wait for others of their node are not silent while these go on") {
  Driver driver(Options(3, "random"), 1);
  for (const Dispatch& dispatch : driver.Dispatches()) {
    driver.Wait(9min);
    driver.Start(dispatch);
    driver.Decide();
    driver.Wait(9min);
    driver.Finish(dispatch);
    CHECK(driver.Decide().empty());
  }
  CHECK(driver.scheduler().Done());
}

TEST_CASE("the end of one attempt is a sign of life for another that waits on the node") {
  SchedulerOptions options = Options(2, "pull");
  options.slots = 2;
  Driver driver(options, 1);
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  driver.Wait(5min);
  driver.Reject(out[1]);
  driver.Decide();
  driver.Wait(10ms);
  driver.TheDispatch();
  driver.Wait(5min - 10ms);
  CHECK(driver.Decide().empty());
  CHECK(driver.LongSleep() == 5min);
}

TEST_CASE("each answer about one attempt is a sign of life for another that waits on the node") {
  SchedulerOptions options = Options(2, "pull");
  options.slots = 2;
  Driver driver(options, 1);
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  driver.Wait(5min);
  std::chrono::nanoseconds limit = 10min;
  SECTION("that it is accepted") { driver.Accept(out[0]); }
  SECTION("that it has started") {
    driver.Start(out[0]);
    limit = 50min;  // ten times the silence before
  }
  driver.Decide();
  driver.Wait(5min);
  CHECK(driver.Decide().empty());
  CHECK(driver.LongSleep() == limit - 5min);
}

TEST_CASE(
    "what an attempt's node says of others does not put off its deadline once it has started") {
  SchedulerOptions options = Options(2, "pull");
  options.slots = 2;
  Driver driver(options, 1);
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  driver.Start(out[0]);
  driver.Wait(10min);
  driver.Accept(out[1]);
  const Cancel cancel = driver.TheCancel();
  CHECK(cancel.attempt == out[0].attempt);
  CHECK(cancel.reason == "no sign of life for 1 min 00 s since it started");
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

}  // namespace
}  // namespace mlp::coordinator
