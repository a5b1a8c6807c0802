#include "services/rpc/server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/async/wait.h"
#include "services/program/healthcheck.h"
#include "services/rpc/client_call.h"
#include "services/rpc/limits.h"
#include "services/rpc/reflection.h"
#include "services/rpc/unknown_calls.h"
#include "test/rpc/test_server.h"
#include "test/support/tcp_relay.h"

namespace mlp::rpc {
namespace {

using Catch::Contains;
using program::CheckHealth;
using std::chrono::milliseconds;
using std::chrono::seconds;

absl::Status ListenStatus(const std::string& address) {
  ServerOptions options;
  options.listen = address;
  return Server::Listen(options).status();
}

TEST_CASE("an address that cannot be parsed is refused and quoted") {
  for (const std::string address : {"", "9090", "host", "host:", "host:port", "host:-1",
                                    "host:65536", ":9090", "::1", "[::1]", "host:90 90"}) {
    const absl::Status status = ListenStatus(address);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(status.message()), Contains("cannot listen on \"" + address + "\""));
  }
}

TEST_CASE("a port that is taken is an error that names it, and its owner goes on") {
  TestServer owner;
  const absl::Status status = ListenStatus(owner.address());
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(status.message()), Contains("cannot listen on " + owner.address()));
  CHECK_THAT(std::string(status.message()), Contains("is another program using it?"));
  CHECK(IsAlive(owner.address()));
}

TEST_CASE("a server that was never started can be destroyed") {
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  const auto server = Server::Listen(options);
  CHECK(server.status().ToString() == "OK");
  CHECK((*server)->port() > 0);
}

TEST_CASE("health answers for every service by name and for the server as a whole") {
  std::string address;
  {
    TestServer server;
    address = server.address();
    for (const std::string service : {"", "mlp.v1.JobService", "mlp.v1.NodeService"}) {
      CHECK(CheckHealth(address, service, seconds(20)).ToString() == "OK");
    }
    const absl::Status unknown = CheckHealth(address, "mlp.v1.NoService", seconds(20));
    CHECK(unknown.code() == absl::StatusCode::kNotFound);
  }
  const absl::Status gone = CheckHealth(address, "", seconds(20));
  CHECK(gone.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(gone.message()), Contains(address));
}

TEST_CASE("health is not answered before the server is started") {
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  const auto server = Server::Listen(options);
  REQUIRE(server.status().ToString() == "OK");
  const std::string address = "127.0.0.1:" + std::to_string((*server)->port());
  CHECK_FALSE(CheckHealth(address, "", milliseconds(100)).ok());
  (*server)->Start();
  CHECK(CheckHealth(address, "", seconds(20)).ToString() == "OK");
}

async::Task<> WatchHealth(TestClient& client, std::string service, std::promise<void>& first,
                          std::string& seen, absl::Status& status) {
  using grpc::health::v1::HealthCheckResponse;
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  const auto note = [&](HealthCheckResponse&& response) {
    if (seen.empty()) first.set_value();
    seen += HealthCheckResponse::ServingStatus_Name(response.status()) + " ";
  };
  status = co_await CallStream(client.loop, *client.health,
                               &grpc::health::v1::Health::Stub::PrepareAsyncWatch, request,
                               CallOptions(), note, {});
}

TEST_CASE("whoever watches health is told when the server shuts down") {
  TestServer server;
  TestClient client(server.address());
  std::promise<void> first;
  std::string seen;
  absl::Status status;
  std::jthread shutdown([&] {
    first.get_future().wait();
    server.server().Shutdown(seconds(20));
  });
  client.Run(WatchHealth(client, "mlp.v1.JobService", first, seen, status));
  shutdown.join();
  CHECK(seen == "SERVING NOT_SERVING ");
  CHECK(status.code() == absl::StatusCode::kUnavailable);
}

// The first answer of a call by name with raw bytes, or its error.
struct RawAnswer {
  std::string bytes;
  grpc::Status status;
};

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) bytes.append(slice.begin(), slice.end());
  }
  return bytes;
}

// Sends one message, takes at most one and ends.
RawAnswer RawCall(const std::string& address, const std::string& method, const std::string& bytes) {
  grpc::ChannelArguments unlimited;
  unlimited.SetMaxSendMessageSize(-1);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), unlimited));
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(seconds(60)));
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  queue.Next(&tag, &ok);
  const grpc::Slice slice(bytes);
  call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  queue.Next(&tag, &ok);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  queue.Next(&tag, &ok);
  RawAnswer result;
  if (ok) result.bytes = ToString(answer);
  call->Finish(&result.status, nullptr);
  queue.Next(&tag, &ok);
  return result;
}

TEST_CASE("reflection lists the services and describes those of others that are served") {
  TestServer server;
  const std::string method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  const std::string list_services("\x3a\x00", 2);  // field 7, ""
  const std::string names = RawCall(server.address(), method, list_services).bytes;
  CHECK_THAT(names, Contains("mlp.v1.JobService") && Contains("mlp.v1.NodeService"));
  CHECK_THAT(names, Contains("grpc.health.v1.Health"));
  const std::string symbol = "grpc.health.v1.Health";  // field 4
  const std::string describe = "\x22" + std::string(1, static_cast<char>(symbol.size())) + symbol;
  CHECK_THAT(RawCall(server.address(), method, describe).bytes, Contains("HealthCheckRequest"));
}

TEST_CASE("a call that a server does not serve is answered with what the server is") {
  const std::vector<std::string> of_node{"grpc.health.v1.Health", "mlp.v1.NodeService"};
  const std::vector<std::string> of_coordinator{"mlp.v1.JobService", "mlp.v1.ClusterService"};
  CHECK(UnknownCall("/mlp.v1.JobService/ListJobs", of_node) ==
        absl::UnimplementedError("this is an mlp-node, not an mlp-coordinator"));
  CHECK(UnknownCall("/mlp.v1.NodeService/GetNode", of_coordinator) ==
        absl::UnimplementedError("this is an mlp-coordinator, not an mlp-node"));
  CHECK_THAT(std::string(UnknownCall("/mlp.v1.JobService/Fly", of_coordinator).message()),
             Contains("this mlp-coordinator has no call mlp.v1.JobService/Fly"));
  for (const std::string method : {"", "/", "/etcd.KV/Range", "no slash"}) {
    CHECK_THAT(std::string(UnknownCall(method, of_node).message()),
               Contains("this mlp-node does not serve"));
  }

  TestServer server;
  for (int i = 0; i < 10; ++i) {  // more than can arrive at once
    const RawAnswer answer = RawCall(server.address(), "/mlp.v1.ClusterService/ListNodes", "");
    CHECK(answer.status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
    CHECK_THAT(answer.status.error_message(), Contains("does not serve mlp.v1.ClusterService"));
  }
  CHECK(IsAlive(server.address()));
}

TEST_CASE("a health check of a wildcard asks ::1 where nothing answers at 127.0.0.1") {
  if (!ListenStatus("[::1]:0").ok()) {
    WARN("skipped: there is no IPv6 here");
    return;
  }
  TestServer server("[::1]:0");
  const std::string port = std::to_string(server.server().port());
  for (const std::string listen : {"0.0.0.0:", "[::]:", "[::1]:"}) {
    CHECK(program::CheckHealthOf(listen + port, "", seconds(2)).ToString() == "OK");
  }
  CHECK(absl::IsInvalidArgument(program::CheckHealthOf("[::]:0", "", seconds(2))));
  CHECK(absl::IsInvalidArgument(program::CheckHealthOf("::", "", seconds(2))));
}

TEST_CASE("reflection answers what it knows and says what it does not") {
  using grpc::reflection::v1alpha::ServerReflectionRequest;
  const std::vector<std::string> services{"mlp.v1.JobService"};
  ServerReflectionRequest request;
  request.set_host("here");
  CHECK(Reflect(request, services).error_response().error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);

  request.set_file_by_filename("mlp/v1/job.proto");
  const auto file = Reflect(request, services);
  CHECK(file.valid_host() == "here");
  // The file comes with its imports, each once.
  const auto& declarations = file.file_descriptor_response().file_descriptor_proto();
  CHECK(std::set<std::string>(declarations.begin(), declarations.end()).size() ==
        static_cast<std::size_t>(declarations.size()));
  CHECK_THAT(file.SerializeAsString(), Contains("mlp/v1/model.proto"));

  request.set_file_containing_symbol("mlp.v1.NodeService.TrainShard");
  CHECK(Reflect(request, services).file_descriptor_response().file_descriptor_proto_size() > 1);
  request.set_file_containing_symbol("mlp.v1.NoService");
  CHECK(Reflect(request, services).error_response().error_code() == grpc::StatusCode::NOT_FOUND);

  request.set_all_extension_numbers_of_type("mlp.v1.Job");
  const auto extensions = Reflect(request, services).all_extension_numbers_response();
  CHECK(extensions.base_type_name() == "mlp.v1.Job");
  CHECK(extensions.extension_number_size() == 0);
  request.mutable_file_containing_extension()->set_containing_type("mlp.v1.Job");
  CHECK(Reflect(request, services).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("a message that cannot be parsed fails its own call only") {
  TestServer server;
  for (int i = 0; i < 20; ++i) {  // more often than requests are outstanding
    const RawAnswer answer =
        RawCall(server.address(), "/mlp.v1.NodeService/TrainShard", "\xff\xff\xff");
    CHECK_FALSE(answer.status.ok());
  }
  CHECK(IsAlive(server.address()));
}

std::string Content(std::size_t size) {
  v1::EvaluateModelRequest request;
  request.set_content(std::string(size, '7'));
  return request.SerializeAsString();
}

TEST_CASE("a message of 64 MiB passes, one above the limit fails its own call only") {
  TestServer server;
  const std::string method = "/mlp.v1.JobService/EvaluateModel";
  CHECK(RawCall(server.address(), method, Content(64 << 20)).status.ok());
  for (int i = 0; i < 5; ++i) {
    const RawAnswer answer = RawCall(server.address(), method, Content(kMaxMessageBytes));
    CHECK(answer.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  CHECK(IsAlive(server.address()));
}

TEST_CASE("garbage bytes on the port leave the server as it was") {
  TestServer server;
  std::vector<int> connections;
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100'000, '\xff'), std::string("\0\0", 2),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand then nonsense")}) {
    connections.push_back(ConnectTo(server.server().port()));
    REQUIRE(connections.back() >= 0);
    send(connections.back(), garbage.data(), garbage.size(), MSG_NOSIGNAL);
  }
  CHECK(IsAlive(server.address()));
  for (const int connection : connections) close(connection);
  CHECK(IsAlive(server.address()));
}

async::Task<> TrainToEnd(TestClient& client, std::string job_id, absl::Status& status) {
  v1::TrainShardRequest request;
  request.set_job_id(job_id);
  const auto ignore = [](v1::TrainShardEvent&&) {};
  status =
      co_await CallStream(client.loop, *client.node, &v1::NodeService::Stub::PrepareAsyncTrainShard,
                          request, CallOptions(), ignore, {});
}

TEST_CASE("shutdown cancels a call that outlasts the grace period, and its handler sees the stop") {
  TestServer server;
  TestClient client(server.address());
  std::future<void> waiting = server.waiting();
  std::future<void> stopped = server.stopped();
  absl::Status status;
  std::jthread shutdown([&] {
    waiting.wait();
    server.server().Shutdown(milliseconds(100));
  });
  client.Run(TrainToEnd(client, "wait", status));
  shutdown.join();
  CHECK_FALSE(status.ok());
  // Shutdown has waited for the handler.
  CHECK(stopped.wait_for(seconds(0)) == std::future_status::ready);
}

async::Task<> RunUntilStopped(Server& server, std::string& notes) {
  co_await async::SleepFor(server.loop(), std::chrono::hours(1), server.stop_token());
  notes += "stopped ";
  co_await async::SleepFor(server.loop(), milliseconds(1));
  notes += "ended";
}

TEST_CASE("shutdown tells the program's own flows to stop and waits until they have ended") {
  std::string notes;
  TestServer server;
  server.server().Post(
      [&] { server.server().tasks().Spawn(RunUntilStopped(server.server(), notes)); });
  server.server().Shutdown(seconds(5));
  CHECK(notes == "stopped ended");
}

TEST_CASE("shutdown without open calls does not wait for the grace period") {
  TestServer server;
  REQUIRE(IsAlive(server.address()));
  const auto start = std::chrono::steady_clock::now();
  server.server().Shutdown(std::chrono::minutes(10));
  CHECK(std::chrono::steady_clock::now() - start < seconds(30));
}

TEST_CASE("what is posted to a server that has shut down is dropped") {
  TestServer server;
  server.server().Shutdown(seconds(1));
  bool ran = false;
  server.server().Post([&] { ran = true; });
  CHECK_FALSE(ran);
}

}  // namespace
}  // namespace mlp::rpc
