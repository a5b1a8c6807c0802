// Tests of the scheduler's use of its knowledge of nodes: the results and rows that they have
// kept, that they come, leave and fail, and the shards that they cannot train.
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/coordinator/scheduler/scheduler.h"
#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a shard goes first to the node that has kept its result, whatever its slots") {
  for (const std::string_view policy : PolicyNames()) {
    INFO(policy);
    Driver driver(Options(4, std::string(policy)), 2);
    driver.Apply(ResultsCached{1, {0, 2, 3}});
    const std::vector<Dispatch> dispatches = driver.Dispatches();
    REQUIRE(dispatches.size() >= 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(dispatches[i].node == 1);
      CHECK(dispatches[i].hedge_of == 0);
      CHECK_THAT(dispatches[i].reason, Catch::Contains("node b") && Catch::Contains("kept"));
    }
    CHECK(dispatches[0].shard == 0);
    CHECK(dispatches[1].shard == 2);
    CHECK(dispatches[2].shard == 3);
  }
}

TEST_CASE("a number that joins under another name is another node, of which nothing is known") {
  Driver driver(Options(1, "pull"), 2);
  const Dispatch first = driver.TheDispatch();
  driver.Fail(first, FailureKind::kNodeUnfit, "no such file");
  driver.Apply(NodeLeft{first.node});
  driver.Apply(NodeJoined{first.node, "z"});
  driver.Apply(NodeLeft{1 - first.node});
  driver.Wait(1min);
  const Dispatch second = driver.TheDispatch();  // not the end of the job
  CHECK(second.node == first.node);
  CHECK_THAT(second.reason, Contains("z"));
}

TEST_CASE("results may be told of before their node joins, and before their round starts") {
  SECTION("before the node joins") {
    Driver driver(Options(1, "pull"), 0);
    driver.Apply(ResultsCached{1, {0}});
    CHECK(driver.Decide().empty());
    driver.Join(0);
    driver.Join(1);
    CHECK(driver.TheDispatch().node == 1);
  }
  SECTION("before the round starts") {
    Driver driver(Options(1, "pull"), 2);
    driver.Finish(driver.TheDispatch());
    driver.Apply(ResultsCached{1, {0}});
    driver.Apply(RoundStarted{});
    CHECK(driver.TheDispatch().node == 1);
  }
}

TEST_CASE("a kept result that cannot be had is forgotten, and its shard goes to any node") {
  SECTION("the node fails") {
    Driver driver(Options(1, "pull"), 2);
    driver.Apply(ResultsCached{1, {0}});
    const Dispatch first = driver.TheDispatch();
    REQUIRE(first.node == 1);
    driver.Lose(first);
    CHECK(driver.TheDispatch().node == 0);
  }
  SECTION("the node leaves before it is asked") {
    Driver driver(Options(1, "pull"), 2);
    driver.Apply(ResultsCached{1, {0}});
    driver.Apply(NodeLeft{1});
    CHECK(driver.TheDispatch().node == 0);
  }
  SECTION("the node leaves and comes back without it") {
    Driver driver(Options(1, "pull"), 2);
    driver.Apply(ResultsCached{1, {0}});
    driver.Apply(NodeLeft{1});
    driver.Join(1);
    CHECK(driver.TheDispatch().node == 0);
  }
  SECTION("the shard is out elsewhere") {
    Driver driver(Options(1, "pull"), 2);
    REQUIRE(driver.TheDispatch().node == 0);
    driver.Apply(ResultsCached{1, {0}});
    CHECK(driver.Dispatches().empty());
  }
  SECTION("there is no such node or shard") {
    for (const int node : {1, 7}) {
      Driver driver(Options(1, "pull"), 1);
      driver.Apply(ResultsCached{node, {0}});
      driver.Apply(ResultsCached{0, {5}});
      CHECK(driver.TheDispatch().node == 0);
    }
  }
}

TEST_CASE("the results that other nodes have kept outlast a node that leaves") {
  Driver driver(Options(2, "pull"), 3);
  driver.Apply(ResultsCached{1, {1}});
  driver.Apply(ResultsCached{2, {0}});
  driver.Apply(NodeLeft{1});
  const std::vector<Dispatch> out = driver.Dispatches();
  REQUIRE(out.size() == 2);
  CHECK(out[0].shard == 0);
  CHECK(out[0].node == 2);
  CHECK(out[1].shard == 1);
  CHECK(out[1].node == 0);
}

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
  CHECK(driver.Explain().no_node_up);
  driver.Join(0);
  CHECK(driver.TheGiveUp().shard == 0);
}

}  // namespace
}  // namespace mlp::coordinator
