#include "services/local/local_cluster.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::local {
namespace {

constexpr const char* kAnyPort = "127.0.0.1:0";
constexpr auto kGrace = std::chrono::milliseconds(200);

absl::Status Check(const LocalClusterOptions& options) {
  if (options.nodes < 1 || options.nodes > kMaxLocalNodes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a local cluster has 1 to ", kMaxLocalNodes, " nodes, not ", options.nodes));
  }
  const std::size_t loads = options.load_probabilities.size();
  if (loads > 1 && loads != static_cast<std::size_t>(options.nodes)) {
    return absl::InvalidArgumentError(absl::StrCat(loads, " load probabilities are given for ",
                                                   options.nodes,
                                                   " nodes; give one for all, or one for each"));
  }
  return absl::OkStatus();
}

node::NodeServerOptions NodeOptions(const LocalClusterOptions& options, int number) {
  node::NodeServerOptions node;
  node.listen = kAnyPort;
  node.data_dir = options.data_dir;
  node.name = absl::StrCat("node-", number + 1);
  node.load_delay = options.load_delay;
  node.load_seed = options.load_seed;
  node.make_trainer = options.make_trainer;
  node.precise_timers = options.in_process.precise_timers;
  const auto& loads = options.load_probabilities;
  if (loads.size() == 1) node.load_probability = loads.front();
  if (loads.size() > 1) node.load_probability = loads[static_cast<std::size_t>(number)];
  return node;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalCluster>> LocalCluster::Start(
    const LocalClusterOptions& options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  std::unique_ptr<LocalCluster> cluster(new LocalCluster);
  coordinator::CoordinatorServerOptions server;
  server.listen = kAnyPort;
  server.data_dir = options.data_dir;
  server.log_dir = options.log_dir;
  server.in_process = options.in_process;
  for (int number = 0; number < options.nodes; ++number) {
    auto node = node::NodeServer::Start(NodeOptions(options, number));
    if (!node.ok()) return node.status();
    server.nodes.push_back({"127.0.0.1", static_cast<std::uint16_t>((*node)->port())});
    cluster->nodes_.push_back(*std::move(node));
  }
  auto coordinator = coordinator::CoordinatorServer::Start(std::move(server));
  if (!coordinator.ok()) return coordinator.status();
  cluster->coordinator_ = *std::move(coordinator);
  cluster->coordinator_address_ = absl::StrCat("127.0.0.1:", cluster->coordinator_->port());
  return cluster;
}

LocalCluster::~LocalCluster() {
  if (coordinator_ != nullptr) coordinator_->Stop(kGrace);
  for (auto& node : nodes_) node->Stop(kGrace);
}

}  // namespace mlp::local
