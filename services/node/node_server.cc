#include "services/node/node_server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/kernels/kernels.h"
#include "services/async/either_stop.h"
#include "services/async/thread_workers.h"
#include "services/async/wait.h"
#include "services/base/address.h"
#include "services/base/field_error.h"
#include "services/node/coordinator_files.h"
#include "services/node/coordinator_link.h"
#include "services/node/disk_cache.h"
#include "services/node/node_service.h"
#include "services/node/run/data_trainer.h"
#include "services/node/run/lease.h"
#include "services/node/run/node.h"
#include "services/node/run/shard_source.h"
#include "services/rpc/server.h"

namespace mlp::node {
namespace {

// Two workers: one trains, and the other reads requests and writes results meanwhile.
constexpr int kWorkerThreads = 2;

std::string HostName() {
  std::array<char, 256> name{};  // longer than any; the last byte stays 0
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

absl::Status CheckData(const NodeServerOptions& options) {
  if (!options.data_dir) {
    if (!options.coordinator.empty() || options.make_trainer) return absl::OkStatus();
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

// The time in which a node that drains still answers the calls that were on their way to it.
constexpr auto kLinger = std::chrono::milliseconds(200);

absl::Status CheckAddress(const char* option, const std::string& address, AddressUse use) {
  return WithContext(option, ParseAddress(address, use).status());
}

absl::Status CheckMembership(const NodeServerOptions& options) {
  absl::Status status;
  if (!options.coordinator.empty()) {
    status.Update(CheckAddress("--coordinator", options.coordinator, AddressUse::kConnect));
  }
  if (!options.advertise.empty()) {
    status.Update(CheckAddress("--advertise", options.advertise, AddressUse::kAdvertise));
  }
  if (options.slots < 0 || options.slots > 1000) {
    status.Update(
        absl::InvalidArgumentError(absl::StrCat("slots must be 0 to 1000, are ", options.slots)));
  }
  if (options.threads < 1 || options.threads > 256) {
    status.Update(absl::InvalidArgumentError(
        absl::StrCat("threads must be 1 to 256, are ", options.threads)));
  }
  if (options.name.size() > 255) {
    status.Update(absl::InvalidArgumentError("the name must have at most 255 characters"));
  }
  return status;
}

absl::Status Check(const NodeServerOptions& options) {
  if (absl::Status status = CheckMembership(options); !status.ok()) return status;
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
  node.load.probability = options.load_probability;
  node.load.delay = options.load_delay;
  node.load.seed = options.load_seed;
  node.slots = options.slots;
  node.memory = options.memory;
  return node;
}

HeartbeatInfo InfoOf(const NodeServerOptions& options, const NodeService& service,
                     const std::string& name, int port) {
  HeartbeatInfo info;
  info.name = name;
  info.instance_id = service.instance_id();
  info.address = options.advertise.empty() ? absl::StrCat(":", port) : options.advertise;
  info.version = MLP_VERSION;
  info.arithmetic = std::string(ArithmeticId());
  return info;
}

void Log(bool trouble, const std::string& words) {
  spdlog::log(trouble ? spdlog::level::warn : spdlog::level::info, "{}", words);
}

}  // namespace

// The parts in the order of construction; each uses those above it.
class NodeServer::Parts {
 public:
  Parts(const NodeServerOptions& options, std::optional<CachedFiles> cached,
        std::unique_ptr<NodeService> unbound, std::unique_ptr<rpc::Server> listening);

  async::Task<> DrainOut(std::chrono::nanoseconds timeout, std::promise<bool> drained);

  const std::unique_ptr<NodeService> service;
  const std::unique_ptr<rpc::Server> server;
  async::ThreadWorkers workers;
  const std::unique_ptr<CoordinatorFiles> files;  // nullptr: no coordinator
  const std::unique_ptr<DiskCache> cache;         // nullptr: files are not kept
  const std::unique_ptr<ShardTrainer> trainer;
  Node node;
  std::optional<GrpcCoordinatorLink> link;
  std::optional<Lease> lease;
  bool stopped = false;

 private:
  std::unique_ptr<ShardTrainer> MakeTrainer(const NodeServerOptions& options);
  // Returns the source of shards that the data directory lacks; nullptr: there is none.
  ShardSource* source() const;
};

NodeServer::Parts::Parts(const NodeServerOptions& options, std::optional<CachedFiles> cached,
                         std::unique_ptr<NodeService> unbound,
                         std::unique_ptr<rpc::Server> listening)
    : service(std::move(unbound)),
      server(std::move(listening)),
      workers(kWorkerThreads,
              [this](std::function<void()> done) { server->Post(std::move(done)); }),
      files(options.coordinator.empty()
                ? nullptr
                : std::make_unique<CoordinatorFiles>(options.coordinator, server->loop(), workers)),
      cache(files == nullptr || !cached
                ? nullptr
                : std::make_unique<DiskCache>(*options.cache_dir, *std::move(cached), *files,
                                              workers)),
      trainer(MakeTrainer(options)),
      node(OptionsOfNode(options, server->port()), server->loop(), *trainer, server->stop_token()) {
  service->Serve(*server, node, workers);
  if (!options.coordinator.empty()) {
    link.emplace(server->loop(), options.coordinator);
    lease.emplace(server->loop(), *link,
                  InfoOf(options, *service, node.options().name, server->port()),
                  std::random_device()(), Log);
    server->tasks().Spawn(lease->Keep(server->stop_token()));
    server->tasks().Spawn(link->Watch([this] { lease->Hurry(); }, server->stop_token()));
  }
  server->Start();
}

std::unique_ptr<ShardTrainer> NodeServer::Parts::MakeTrainer(const NodeServerOptions& options) {
  if (options.make_trainer) return options.make_trainer(server->loop());
  DataTrainerOptions data;
  data.data_dir = options.data_dir;
  data.memory_bytes = options.memory_bytes;
  data.threads = options.threads;
  data.memory = options.memory;
  return std::make_unique<DataTrainer>(std::move(data), server->loop(), workers, source());
}

ShardSource* NodeServer::Parts::source() const {
  if (cache != nullptr) return cache.get();
  return files.get();
}

async::Task<> NodeServer::Parts::DrainOut(std::chrono::nanoseconds timeout,
                                          std::promise<bool> drained) {
  rpc::Loop& loop = server->loop();
  std::stop_source time_is_up;
  const auto timer =
      loop.Schedule(loop.Now() + timeout, [&time_is_up] { time_is_up.request_stop(); });
  const async::EitherStop end(time_is_up.get_token(), server->stop_token());
  node.Drain();
  if (lease) {
    lease->Drain();
    co_await lease->DrainTold(end.token());
  }
  co_await async::SleepFor(loop, kLinger, end.token());
  const bool idle = co_await node.Idle(end.token());
  loop.Cancel(timer);
  drained.set_value(idle);
}

absl::StatusOr<std::unique_ptr<NodeServer>> NodeServer::Start(const NodeServerOptions& options) {
  if (const absl::Status status = Check(options); !status.ok()) return status;
  std::optional<CachedFiles> cached;
  if (options.cache_dir) {
    absl::StatusOr<CachedFiles> found =
        DiskCache::TakeOver(*options.cache_dir, options.cache_bytes);
    if (!found.ok()) return found.status();
    cached = *std::move(found);
  }
  auto service = std::make_unique<NodeService>();
  rpc::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.services = {&service->grpc()};
  server_options.precise_timers = options.precise_timers;
  // A node has one client, which holds a request for each task of the node.
  server_options.bytes.host = server_options.bytes.all;
  auto server = rpc::Server::Listen(server_options);
  if (!server.ok()) return server.status();
  auto parts =
      std::make_unique<Parts>(options, std::move(cached), std::move(service), *std::move(server));
  return std::unique_ptr<NodeServer>(new NodeServer(std::move(parts)));
}

NodeServer::NodeServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

NodeServer::~NodeServer() {
  if (!parts_->stopped) Stop(std::chrono::milliseconds(0));
}

int NodeServer::port() const { return parts_->server->port(); }

const std::string& NodeServer::name() const { return parts_->node.options().name; }

const std::string& NodeServer::instance_id() const { return parts_->service->instance_id(); }

std::future<bool> NodeServer::Drain(std::chrono::nanoseconds timeout) {
  const auto drained = std::make_shared<std::promise<bool>>();
  std::future<bool> result = drained->get_future();
  parts_->server->Post([parts = parts_.get(), timeout, drained] {
    parts->server->tasks().Spawn(parts->DrainOut(timeout, std::move(*drained)));
  });
  return result;
}

void NodeServer::Stop(std::chrono::milliseconds grace) {
  parts_->stopped = true;
  parts_->server->Shutdown(grace);
}

}  // namespace mlp::node
