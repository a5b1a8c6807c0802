// Tests of what the scheduler makes of nodes whose processes die while they compute.
#include <catch2/catch.hpp>
#include <string>

#include "services/coordinator/scheduler/deaths.h"
#include "test/coordinator/scheduler/scheduler_driver.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

// Nodes a, b … whose processes have numbers.
struct Cluster {
  explicit Cluster(int shards, int nodes) : driver(Options(shards, "pull"), 0) {
    for (int node = 0; node < nodes; ++node) Join(node);
  }
  void Join(int node) { Join(node, "process-" + std::to_string(++processes)); }
  void Join(int node, const std::string& instance) {
    driver.Apply(NodeJoined{node, std::string(1, static_cast<char>('a' + node)), 0, instance});
  }
  // Starts the attempt, and has its node die and leave.
  void Die(const Dispatch& dispatch) {
    driver.Accept(dispatch);
    driver.Start(dispatch);
    driver.Lose(dispatch);
    driver.Apply(NodeLeft{dispatch.node});
  }
  // Waits until nodes that failed have rested.
  Dispatch Next() {
    driver.Wait(5s);
    return driver.TheDispatch();
  }

  int processes = 0;
  Driver driver;
};

TEST_CASE("a shard that takes three processes down fails the job and names nodes and memory") {
  Cluster cluster(1, 2);
  for (int death = 0; death < 3; ++death) {
    const Dispatch dispatch = cluster.Next();
    cluster.Die(dispatch);
    if (death == 2) break;
    CHECK(cluster.driver.Explain().deaths->nodes.size() == static_cast<std::size_t>(death) + 1);
    cluster.Join(dispatch.node);
  }
  const GiveUp give_up = cluster.driver.TheGiveUp();
  CHECK(give_up.shard == 0);
  CHECK_THAT(give_up.reason, Contains("died while they computed shard 0") && Contains("a") &&
                                 Contains("b") && Contains("memory"));
}

TEST_CASE("the only node counts as often as it comes back as another process") {
  Cluster cluster(1, 1);
  for (int death = 0; death < 3; ++death) {
    cluster.Die(cluster.Next());
    if (death < 2) cluster.Join(0);
  }
  CHECK_THAT(cluster.driver.TheGiveUp().reason, Contains("a (3 times)"));
}

TEST_CASE("a line that is cut is no death: the same process comes back") {
  Cluster cluster(1, 1);
  for (int cut = 0; cut < 5; ++cut) {
    cluster.Die(cluster.Next());
    cluster.Join(0, "process-1");
    CHECK_FALSE(cluster.driver.Explain().deaths);
  }
  CHECK(cluster.Next().shard == 0);
}

TEST_CASE("a result between two deaths shows that nodes can do the work") {
  Cluster cluster(2, 1);
  cluster.Die(cluster.Next());
  cluster.Join(0);
  cluster.Die(cluster.Next());
  cluster.Join(0);
  const Dispatch first = cluster.Next();
  cluster.driver.Start(first);
  cluster.driver.Finish(first);
  for (int death = 0; death < 2; ++death) {
    cluster.Die(cluster.Next());
    cluster.Join(0);
  }
  CHECK(cluster.Next().shard == 1);
}

TEST_CASE("an attempt that had not started, or that failed while its node lives, is no death") {
  Cluster cluster(1, 1);
  for (int attempt = 0; attempt < 4; ++attempt) {
    const Dispatch dispatch = cluster.Next();
    cluster.driver.Accept(dispatch);
    cluster.driver.Lose(dispatch);
    cluster.driver.Apply(NodeLeft{0});
    cluster.Join(0);
  }
  for (int attempt = 0; attempt < 4; ++attempt) {
    const Dispatch dispatch = cluster.Next();
    cluster.driver.Start(dispatch);
    cluster.driver.Lose(dispatch);
  }
  const Dispatch last = cluster.Next();
  cluster.driver.Accept(last);
  cluster.driver.Apply(NodeLeft{0});
  CHECK_FALSE(cluster.driver.Explain().deaths);
}

TEST_CASE("a node that does not say which process it is is not blamed") {
  Cluster cluster(1, 0);
  for (int death = 0; death < 5; ++death) {
    cluster.Join(0, "");
    cluster.Die(cluster.Next());
  }
  cluster.Join(0, "");
  CHECK(cluster.Next().shard == 0);
}

TEST_CASE("a process that is back before its attempt's end is told died all the same") {
  Cluster cluster(1, 1);
  for (int death = 0; death < 3; ++death) {
    const Dispatch dispatch = cluster.Next();
    cluster.driver.Start(dispatch);
    cluster.driver.Apply(NodeLeft{0});
    cluster.Join(0);
    cluster.driver.Lose(dispatch);
  }
  CHECK(cluster.driver.TheGiveUp().shard == 0);
}

}  // namespace
}  // namespace mlp::coordinator
