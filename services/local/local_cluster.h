// A whole cluster in this process: a coordinator and nodes, each with its own loop thread and real
// gRPC on 127.0.0.1. For `mlp-client train --local`, tests and experiments.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/coordinator/coordinator_server.h"
#include "services/node/node_server.h"

namespace mlp::local {

struct LocalClusterOptions {
  std::optional<std::filesystem::path> data_dir;  // of the coordinator and of every node
  int nodes = 4;                                  // 1 to kMaxLocalNodes
  std::vector<double> load_probabilities;         // one per node, or one for all, or none: no load
  std::chrono::nanoseconds load_delay = std::chrono::seconds(3);
  std::uint64_t load_seed = 1;
  std::optional<std::filesystem::path> log_dir;

  // The parts that experiments replace; see NodeServerOptions. With a source of datasets and a
  // trainer no `data_dir` is needed.
  node::MakeShardTrainer make_trainer;
  coordinator::InProcess in_process;  // precise timers are the nodes', too
};

inline constexpr int kMaxLocalNodes = 256;

class LocalCluster {
 public:
  // InvalidArgument if the numbers are out of range or don't fit each other; otherwise the error
  // that keeps the coordinator or a node from starting. Nodes are called "node-1", "node-2" …
  // whatever their ports, so that the same seed gives the same injected load in every run.
  static absl::StatusOr<std::unique_ptr<LocalCluster>> Start(const LocalClusterOptions& options);
  // Cancels running jobs and stops everything.
  ~LocalCluster();

  // The host:port to which a client connects.
  const std::string& coordinator_address() const { return coordinator_address_; }

 private:
  LocalCluster() = default;

  std::vector<std::unique_ptr<node::NodeServer>> nodes_;
  std::unique_ptr<coordinator::CoordinatorServer> coordinator_;
  std::string coordinator_address_;
};

}  // namespace mlp::local
