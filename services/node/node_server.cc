#include "services/node/node_server.h"

#include <unistd.h>

#include <array>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::node {
namespace {

// One trains; the other reads requests and writes results meanwhile.
constexpr int kWorkerThreads = 2;

std::string HostName() {
  std::array<char, 256> name{};  // longer than any; the last byte stays 0
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

absl::Status CheckData(const NodeServerOptions& options) {
  if (!options.data_dir) {
    if (!options.coordinator.empty()) return absl::OkStatus();
    return absl::NotFoundError(
        "no data: name the directory that has the datasets as subdirectories with --data-dir, or "
        "the coordinator to fetch them from with --coordinator");
  }
  std::error_code error;
  if (std::filesystem::is_directory(*options.data_dir, error)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("data directory ", options.data_dir->string(),
                                          ": no such directory; name the one that has the "
                                          "datasets as subdirectories"));
}

absl::Status Check(const NodeServerOptions& options) {
  if (!(options.load_probability >= 0 && options.load_probability <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("load probability must be 0 to 1, is ", options.load_probability));
  }
  if (options.load_delay < std::chrono::nanoseconds(0)) {
    return absl::InvalidArgumentError("load delay must be 0 or more");
  }
  return CheckData(options);
}

NodeOptions OptionsOfNode(const NodeServerOptions& options, int port) {
  NodeOptions node;
  node.name = options.name.empty() ? absl::StrCat(HostName(), ":", port) : options.name;
  node.data_dir = options.data_dir;
  node.load.probability = options.load_probability;
  node.load.delay = options.load_delay;
  node.load.seed = options.load_seed;
  node.memory_bytes = options.memory_bytes;
  node.given_work = options.given_work;
  return node;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NodeServer>> NodeServer::Start(const NodeServerOptions& options) {
  if (const absl::Status status = Check(options); !status.ok()) return status;
  std::optional<CachedFiles> cached;
  if (options.cache_dir) {
    absl::StatusOr<CachedFiles> found =
        DiskCache::TakeOver(*options.cache_dir, options.cache_bytes);
    if (!found.ok()) return found.status();
    cached = *std::move(found);
  }
  auto grpc_service = std::make_unique<v1::NodeService::AsyncService>();
  rpc::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.services = {grpc_service.get()};
  server_options.precise_timers = options.precise_timers;
  auto server = rpc::Server::Listen(server_options);
  if (!server.ok()) return server.status();
  return std::unique_ptr<NodeServer>(
      new NodeServer(options, std::move(cached), *std::move(server), std::move(grpc_service)));
}

NodeServer::NodeServer(const NodeServerOptions& options, std::optional<CachedFiles> cached,
                       std::unique_ptr<rpc::Server> server,
                       std::unique_ptr<v1::NodeService::AsyncService> grpc_service)
    : grpc_service_(std::move(grpc_service)),
      server_(std::move(server)),
      workers_(kWorkerThreads,
               [this](std::function<void()> done) { server_->Post(std::move(done)); }),
      files_(options.coordinator.empty() ? nullptr
                                         : std::make_unique<CoordinatorFiles>(
                                               options.coordinator, server_->loop(), workers_)),
      cache_(files_ == nullptr || !cached
                 ? nullptr
                 : std::make_unique<DiskCache>(*options.cache_dir, *std::move(cached), *files_,
                                               workers_)),
      node_(OptionsOfNode(options, server_->port()), server_->loop(), workers_,
            server_->stop_token(), source()),
      service_(node_, workers_) {
  service_.Serve(*server_, *grpc_service_);
  server_->Start();
}

ShardSource* NodeServer::source() {
  if (cache_ != nullptr) return cache_.get();
  return files_.get();
}

NodeServer::~NodeServer() {
  if (!stopped_) Stop(std::chrono::milliseconds(0));
}

void NodeServer::Stop(std::chrono::milliseconds grace) {
  stopped_ = true;
  server_->Shutdown(grace);
}

}  // namespace mlp::node
