// ClusterService over gRPC: messages in, the cluster's answers out. Loop thread only, except before
// the server's start.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "services/async/task.h"
#include "services/coordinator/nodes/grpc_cluster.h"
#include "services/rpc/server.h"

namespace mlp::coordinator {

// Makes sure that a restart remembers whether the node of that name is drained.
using RememberDrain = std::function<async::Task<absl::Status>(std::string name, bool drained)>;

class ClusterService {
 public:
  ClusterService();
  ~ClusterService();

  // Returns the service to register with a server. It outlives the server.
  grpc::Service& grpc();
  // Answers the calls from the server's start on. `cluster` outlives the server's loop. Each drain
  // and undrain calls `remember`, and is answered when that has ended.
  void Serve(rpc::Server& server, GrpcCluster& cluster, RememberDrain remember);

 private:
  class Generated;
  class Handlers;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::coordinator
