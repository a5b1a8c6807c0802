// A client for the coordinator's nodes, with a method for each call.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/client/session.h"
#include "mlp/v1/cluster.pb.h"

namespace mlp::v1 {
class ClusterService;
}

namespace mlp::cli {

template <class Service>
class Connection;

// Connects, waits and ends calls as JobClient does.
class ClusterClient {
 public:
  explicit ClusterClient(const Session& session);
  ~ClusterClient();
  ClusterClient(const ClusterClient&) = delete;
  ClusterClient& operator=(const ClusterClient&) = delete;

  absl::StatusOr<v1::ListNodesResponse> ListNodes();
  absl::StatusOr<v1::DrainNodeResponse> DrainNode(const std::string& name);
  absl::StatusOr<v1::UndrainNodeResponse> UndrainNode(const std::string& name);
  absl::StatusOr<v1::RemoveNodeResponse> RemoveNode(const std::string& name);

 private:
  const std::unique_ptr<Connection<v1::ClusterService>> connection_;
};

}  // namespace mlp::cli
