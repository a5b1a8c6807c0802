// GrpcCluster with nodes that are not there: names that do not resolve, addresses where nobody is.

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "libmlp/kernels/kernels.h"
#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/wait.h"
#include "services/coordinator/nodes/grpc_cluster.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using async::Task;
using Catch::Contains;

struct AbsentFixture {
  // Runs the cluster with these nodes until `done`.
  void RunUntil(std::vector<Address> configured, std::function<bool()> done) {
    tasks.Spawn(cluster.Run(std::move(configured), stop.get_token()));
    tasks.Spawn(StopWhen(std::move(done)));
    closing.Spawn(ShutDownAfterTasks());
    loop.Run();
  }
  Task<> StopWhen(std::function<bool()> done) {
    co_await async::SleepFor(loop, 0ms);
    while (!done()) co_await async::SleepFor(loop, 1ms);
    stop.request_stop();
  }
  Task<> ShutDownAfterTasks() {
    co_await tasks.Join();
    loop.Shutdown();
  }
  const NodeStatus& first() const { return cluster.nodes()[0]; }

  rpc::Loop loop;
  async::InlineWorkers workers{loop};
  GrpcCluster cluster{loop, workers, LeaseTerms{50ms, 2, 3}};
  std::stop_source stop;
  async::TaskGroup tasks;
  async::TaskGroup closing;
};

TEST_CASE_METHOD(AbsentFixture,
                 "a configured name that does not resolve is down, with the reason") {
  RunUntil({{"no-such-host.invalid", 9091}}, [&] { return !cluster.nodes().empty(); });
  CHECK(first().name == "no-such-host.invalid:9091");
  CHECK(first().state == NodeState::kDown);
  CHECK_THAT(first().detail, Contains("cannot resolve no-such-host.invalid: "));
}

TEST_CASE_METHOD(AbsentFixture,
                 "a node that is never reached is forgotten after its last heartbeat") {
  NodeHeartbeat heartbeat;
  heartbeat.name = "a";
  heartbeat.instance_id = "i1";
  heartbeat.address = "127.0.0.1:1";  // nobody's
  heartbeat.arithmetic = std::string(ArithmeticId());
  bool said = false;
  RunUntil({}, [&] {
    if (!std::exchange(said, true)) CHECK(cluster.Heartbeat(heartbeat).ok());
    return cluster.nodes().empty() || first().vacant;
  });
  REQUIRE(cluster.nodes().size() == 1);
  CHECK(first().name.empty());
}

}  // namespace
}  // namespace mlp::coordinator
