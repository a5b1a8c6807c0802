// ClusterService of a whole coordinator, with real nodes and with heartbeats made up by the test.
#include "services/coordinator/api/cluster_service.h"

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "libmlp/kernels/kernels.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "services/base/protocol_version.h"
#include "services/coordinator/coordinator_server.h"
#include "services/node/node_server.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using Catch::Contains;
using Stub = v1::ClusterService::Stub;

const std::filesystem::path kDatasets = std::filesystem::path(MLP_SOURCE_DIR) / "datasets";

CoordinatorServerOptions Options() {
  CoordinatorServerOptions options;
  options.listen = "127.0.0.1:0";
  options.data_dir = kDatasets;
  return options;
}

struct ClusterServiceFixture {
  std::unique_ptr<CoordinatorServer> server = CoordinatorServer::Start(Options()).value();
  std::string address = "127.0.0.1:" + std::to_string(server->port());
  std::unique_ptr<Stub> stub = v1::ClusterService::NewStub(rpc::MakeChannel(address));

  template <class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 20s);
    Response response;
    const grpc::Status status = ((*stub).*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }
  // The node of that name, if there is exactly one.
  std::optional<v1::NodeStatus> Find(const std::string& name) {
    const auto list = Call(&Stub::ListNodes, v1::ListNodesRequest()).value();
    std::optional<v1::NodeStatus> found;
    for (const v1::NodeStatus& node : list.nodes()) {
      if (node.name() == name && found) return std::nullopt;
      if (node.name() == name) found = node;
    }
    return found;
  }
  // Asks until the node is in that state; returns false if it is not within some seconds.
  bool Reaches(const std::string& name, v1::NodeState state) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < limit) {
      const auto node = Find(name);
      if (node && node->state() == state) return true;
    }
    return false;
  }
  std::unique_ptr<node::NodeServer> StartNode(const std::string& name) {
    node::NodeServerOptions options;
    options.listen = "127.0.0.1:0";
    options.data_dir = kDatasets;
    options.name = name;
    options.coordinator = address;
    options.slots = 3;
    return node::NodeServer::Start(options).value();
  }
};

v1::HeartbeatRequest Heartbeat() {
  v1::HeartbeatRequest request;
  request.set_name("fake");
  request.set_instance_id("i1");
  request.set_address(":1");  // nobody listens there
  request.set_protocol(kProtocolVersion);
  request.set_arithmetic(std::string(ArithmeticId()));
  return request;
}

TEST_CASE_METHOD(ClusterServiceFixture,
                 "a node that registers is connected to and listed with what it states") {
  const auto a = StartNode("a");
  REQUIRE(Reaches("a", v1::NODE_STATE_UP));
  const v1::NodeStatus node = *Find("a");
  CHECK(node.address() == "127.0.0.1:" + std::to_string(a->port()));
  CHECK(node.registered());
  CHECK(node.slots() == 3);
  CHECK_FALSE(node.version().empty());
  CHECK(node.lease_left().seconds() <= 3);
  CHECK_FALSE(node.has_last_error_time());
}

TEST_CASE_METHOD(ClusterServiceFixture,
                 "a node that comes back under its name, elsewhere, is the same node") {
  auto a = StartNode("a");
  REQUIRE(Reaches("a", v1::NODE_STATE_UP));
  a.reset();
  REQUIRE(Reaches("a", v1::NODE_STATE_DOWN));
  const auto again = StartNode("a");
  REQUIRE(Reaches("a", v1::NODE_STATE_UP));
  CHECK(Find("a")->address() == "127.0.0.1:" + std::to_string(again->port()));
}

TEST_CASE_METHOD(ClusterServiceFixture, "a node that drains is listed so, then leaves") {
  const auto a = StartNode("a");
  REQUIRE(Reaches("a", v1::NODE_STATE_UP));
  std::future<bool> drained = a->Drain(20s);
  REQUIRE(Reaches("a", v1::NODE_STATE_DRAINING));
  CHECK(drained.get());
  a->Stop(0ms);
  REQUIRE(Reaches("a", v1::NODE_STATE_DOWN));
  CHECK(Find("a")->detail() == "has left");
}

TEST_CASE_METHOD(ClusterServiceFixture, "a node is drained and undrained by its name") {
  const auto a = StartNode("a");
  REQUIRE(Reaches("a", v1::NODE_STATE_UP));
  v1::DrainNodeRequest drain;
  drain.set_name("a");
  CHECK(Call(&Stub::DrainNode, drain)->node().state() == v1::NODE_STATE_DRAINING);
  v1::UndrainNodeRequest undrain;
  undrain.set_name("a");
  CHECK(Call(&Stub::UndrainNode, undrain)->node().state() == v1::NODE_STATE_UP);
  drain.set_name("b");
  undrain.set_name("b");
  CHECK(absl::IsNotFound(Call(&Stub::DrainNode, drain).status()));
  CHECK(absl::IsNotFound(Call(&Stub::UndrainNode, undrain).status()));
}

TEST_CASE_METHOD(ClusterServiceFixture,
                 "a node that has left is removed from the list by its name") {
  v1::RemoveNodeRequest remove;
  remove.set_name("a");
  CHECK(absl::IsNotFound(Call(&Stub::RemoveNode, remove).status()));
  const auto node = StartNode("a");
  REQUIRE(Reaches("a", v1::NODE_STATE_UP));
  CHECK(absl::IsFailedPrecondition(Call(&Stub::RemoveNode, remove).status()));
  v1::HeartbeatRequest leaving = Heartbeat();
  leaving.set_name("a");
  leaving.set_instance_id(node->instance_id());
  leaving.set_leaving(true);
  node->Stop(0ms);
  (void)Call(&Stub::Heartbeat, leaving);  // if it could not say so itself
  REQUIRE(Reaches("a", v1::NODE_STATE_DOWN));
  CHECK(Call(&Stub::RemoveNode, remove).ok());
  CHECK_FALSE(Find("a"));
}

TEST_CASE_METHOD(ClusterServiceFixture,
                 "a heartbeat is answered with the lease's terms and how the node stands") {
  const auto answer = Call(&Stub::Heartbeat, Heartbeat()).value();
  CHECK(answer.interval().seconds() == 1);
  CHECK(answer.lease().seconds() == 3);
  CHECK(answer.state() == v1::NODE_STATE_DOWN);
  CHECK(Find("fake")->address() == "127.0.0.1:1");
}

TEST_CASE_METHOD(ClusterServiceFixture,
                 "a heartbeat of another protocol or arithmetic is refused and listed") {
  v1::HeartbeatRequest request = Heartbeat();
  std::string reason;
  SECTION("protocol") {
    request.set_protocol(7);
    reason = "speaks version 7 of the protocol";
  }
  SECTION("arithmetic") {
    request.set_arithmetic("abacus");
    reason = "its arithmetic is abacus";
  }
  const auto refused = Call(&Stub::Heartbeat, request);
  CHECK(absl::IsFailedPrecondition(refused.status()));
  CHECK_THAT(std::string(refused.status().message()), Contains(reason));
  REQUIRE(Find("fake"));
  CHECK(Find("fake")->state() == v1::NODE_STATE_REFUSED);
  CHECK_THAT(Find("fake")->detail(), Contains(reason));
}

TEST_CASE_METHOD(ClusterServiceFixture, "a heartbeat of a process that was replaced is refused") {
  v1::HeartbeatRequest request = Heartbeat();
  CHECK(Call(&Stub::Heartbeat, request).ok());
  request.set_instance_id("i2");
  CHECK(Call(&Stub::Heartbeat, request).ok());
  request.set_instance_id("i1");
  CHECK(absl::IsFailedPrecondition(Call(&Stub::Heartbeat, request).status()));
}

TEST_CASE_METHOD(ClusterServiceFixture, "a heartbeat that cannot be obeyed names the field") {
  v1::HeartbeatRequest request = Heartbeat();
  request.set_address("nowhere");
  CHECK_THAT(std::string(Call(&Stub::Heartbeat, request).status().message()),
             Contains("address: \"nowhere\""));
  request = Heartbeat();
  request.set_name("");
  CHECK(absl::IsInvalidArgument(Call(&Stub::Heartbeat, request).status()));
  CHECK_FALSE(Find("fake"));
}

}  // namespace
}  // namespace mlp::coordinator
