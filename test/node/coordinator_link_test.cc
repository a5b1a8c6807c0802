// The node's link to a coordinator that it does not reach.
#include "services/node/coordinator_link.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/rpc/loop.h"

namespace mlp::node {
namespace {

async::Task<> BeatOnce(rpc::Loop& loop, const std::string& coordinator, absl::Status& end) {
  GrpcCoordinatorLink link(loop, coordinator);
  HeartbeatInfo info;
  info.name = "a";
  const absl::StatusOr<LeaseAnswer> answer = co_await link.Heartbeat(info, std::stop_token());
  end = answer.status();
  loop.Shutdown();
}

absl::Status EndOfHeartbeat(const std::string& coordinator) {
  rpc::Loop loop;
  absl::Status end;
  async::TaskGroup tasks;
  tasks.Spawn(BeatOnce(loop, coordinator, end));
  loop.Run();
  return end;
}

TEST_CASE("a node says why it does not reach its coordinator") {
  // Port 1 of the loopback interface is nobody's.
  const absl::Status refused = EndOfHeartbeat("127.0.0.1:1");
  CHECK(absl::IsUnavailable(refused));
  CHECK_THAT(std::string(refused.message()), Catch::StartsWith("127.0.0.1:1 does not answer: ") &&
                                                 Catch::Contains("Connection refused"));
}

TEST_CASE("a node says that its coordinator's name does not resolve") {
  const absl::Status unknown = EndOfHeartbeat("no-such-host.invalid:9090");
  CHECK(absl::IsUnavailable(unknown));
  CHECK_THAT(std::string(unknown.message()),
             Catch::StartsWith("no-such-host.invalid:9090 does not answer: ") &&
                 Catch::Contains("DNS resolution failed for no-such-host.invalid"));
}

}  // namespace
}  // namespace mlp::node
