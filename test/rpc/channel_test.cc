#include "services/rpc/channel.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "services/async/wait.h"
#include "test/rpc/test_server.h"
#include "test/support/tcp_relay.h"

namespace mlp::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Connects, does `then`, and waits for the loss of the connection.
async::Task<> ConnectAndLose(TestClient& client, std::function<void()> then, std::stop_token stop,
                             grpc_connectivity_state& connected, grpc_connectivity_state& lost) {
  absl::Status status;
  co_await CheckAlive(client, status);
  connected = client.channel->GetState(false);
  then();
  co_await WaitUntilNotReady(client.loop, *client.channel, stop);
  lost = client.channel->GetState(false);
}

struct ChannelFixture {
  grpc_connectivity_state connected = GRPC_CHANNEL_SHUTDOWN;
  grpc_connectivity_state lost = GRPC_CHANNEL_SHUTDOWN;
};

TEST_CASE_METHOD(ChannelFixture, "a server that ends is noticed by whoever waits for that") {
  TestServer server;
  TestClient client(server.address());
  std::jthread ending;
  const auto end = [&] { ending = std::jthread([&] { server.server().Shutdown(seconds(5)); }); };
  client.Run(ConnectAndLose(client, end, {}, connected, lost));
  CHECK(connected == GRPC_CHANNEL_READY);
  CHECK(lost != GRPC_CHANNEL_READY);
}

TEST_CASE_METHOD(ChannelFixture, "waiting for a loss can be stopped") {
  TestServer server;
  TestClient client(server.address());
  std::stop_source stop;
  const auto request_stop = [&] { client.loop.Post([&] { stop.request_stop(); }); };
  client.Run(ConnectAndLose(client, request_stop, stop.get_token(), connected, lost));
  CHECK(connected == GRPC_CHANNEL_READY);
  CHECK(lost == GRPC_CHANNEL_READY);
}

async::Task<> NeverConnected(TestClient& client, bool& returned) {
  co_await WaitUntilNotReady(client.loop, *client.channel, {});
  returned = true;
}

TEST_CASE("a channel that was never connected is not ready at once") {
  TestClient client("127.0.0.1:1");
  bool returned = false;
  client.Run(NeverConnected(client, returned));
  CHECK(returned);
}

async::Task<> TrainThroughRelay(TestClient& client, TcpRelay& relay, absl::Status& status) {
  v1::TrainShardRequest request;
  request.set_job_id("wait");
  const auto freeze = [&relay](v1::TrainShardEvent&&) { relay.Set(TcpRelay::Mode::kHalfOpen); };
  status =
      co_await CallStream(client.loop, *client.node, &v1::NodeService::Stub::PrepareAsyncTrainShard,
                          request, CallOptions(), freeze, {});
}

TEST_CASE("a peer that falls silent with its connection open fails the call within seconds") {
  TestServer server;
  TcpRelay relay(server.server().port());
  TestClient client("127.0.0.1:" + std::to_string(relay.port()));
  absl::Status status;
  const auto start = std::chrono::steady_clock::now();
  client.Run(TrainThroughRelay(client, relay, status));
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(std::chrono::steady_clock::now() - start < seconds(15));
}

async::Task<> Call(TestClient& client, CallOptions options, absl::Status& status) {
  v1::GetJobRequest request;
  const auto response = co_await CallUnary(
      client.loop, *client.jobs, &v1::JobService::Stub::PrepareAsyncGetJob, request, options, {});
  status = response.status();
}

TEST_CASE(
    "a call to nobody fails at once, or waits for the server to appear where it was told to") {
  int port = 0;
  { port = TestServer().server().port(); }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  absl::Status status;
  SECTION("fails at once") {
    TestClient client(address);
    client.Run(Call(client, CallOptions(), status));
    CHECK(status.code() == absl::StatusCode::kUnavailable);
  }
  SECTION("waits") {
    TestClient client(address);
    CallOptions options;
    options.timeout = seconds(20);
    options.wait_for_ready = true;
    std::optional<TestServer> server;
    client.loop.Schedule(client.loop.Now() + milliseconds(300), [&] { server.emplace(address); });
    client.Run(Call(client, options, status));
    CHECK(status.ToString() == "OK");
  }
}

TEST_CASE("a proxy in the environment does not stand between programs of a cluster") {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  TestServer server;
  CHECK(IsAlive(server.address()));
  unsetenv("http_proxy");
}

}  // namespace
}  // namespace mlp::rpc
