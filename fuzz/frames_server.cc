#include "fuzz/frames_server.h"

#include <grpcpp/client_context.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fuzz/check.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/async/task.h"
#include "services/rpc/channel.h"
#include "services/rpc/grpc_log.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::fuzz {
namespace {

using v1::NodeService;

std::string NewDirectory() {
  std::string name = "/tmp/mlp-fuzz-XXXXXX";
  Check(mkdtemp(name.data()) != nullptr, "a directory for the socket");
  return name;
}

}  // namespace

class FramesServer::Served {
 public:
  Served() {
    spdlog::set_level(spdlog::level::off);
    rpc::LogWhatGrpcSays();
    const std::string address = "unix:" + path_;
    rpc::ServerOptions options;
    options.listen = address;
    options.services = {&node_};
    // The listener learns late that a connection has ended.
    options.limits.emplace();
    options.limits->connections = options.limits->connections_each = 100'000;
    auto server = rpc::Server::Listen(options);
    Check(server.ok(), "the server listens");
    server_ = *std::move(server);
    Serve();
    server_->Start();
    stub_ = NodeService::NewStub(rpc::MakeChannel(address));
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    stub_ = nullptr;
    server_ = nullptr;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  const std::string& path() const { return path_; }
  bool Answers() {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    v1::GetNodeResponse response;
    return stub_->GetNode(&context, v1::GetNodeRequest(), &response).ok();
  }

 private:
  using Events = rpc::ServerStream<v1::TrainShardEvent>;
  using Pieces = rpc::RequestStream<v1::PutParametersResponse, v1::PutParametersRequest>;

  void Serve() {
    rpc::ServeUnary(*server_, node_, &NodeService::Service::GetNode,
                    [this](const v1::GetNodeRequest&) { return GetNode(); });
    rpc::ServeStream(
        *server_, node_, &NodeService::Service::TrainShard,
        [this](const v1::TrainShardRequest&, Events& events) { return Train(events); });
    rpc::ServePut(*server_, node_, &NodeService::Service::PutParameters,
                  [this](Pieces& pieces) { return Take(pieces); });
  }
  async::Task<absl::StatusOr<v1::GetNodeResponse>> GetNode() {
    v1::GetNodeResponse response;
    response.set_name("node");
    co_return response;
  }
  async::Task<absl::Status> Train(Events& events) {
    v1::TrainShardEvent event;
    event.mutable_accepted()->set_queued_behind(1);
    const bool sent = co_await events.Write(event);
    co_return sent ? absl::OkStatus() : absl::CancelledError("the call is dead");
  }
  async::Task<absl::StatusOr<v1::PutParametersResponse>> Take(Pieces& pieces) {
    while (true) {
      const std::optional<v1::PutParametersRequest> piece = co_await pieces.Read();
      if (!piece) break;
    }
    co_return v1::PutParametersResponse();
  }

  const std::string directory_ = NewDirectory();
  const std::string path_ = directory_ + "/socket";
  rpc::AsyncService<NodeService> node_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<NodeService::Stub> stub_;
};

FramesServer::FramesServer() : served_(std::make_unique<Served>()) {}

FramesServer::~FramesServer() = default;

const std::string& FramesServer::path() const { return served_->path(); }

bool FramesServer::Answers() { return served_->Answers(); }

}  // namespace mlp::fuzz
