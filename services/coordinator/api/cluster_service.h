// ClusterService over gRPC: messages in, the cluster's answers out. Loop thread only.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "mlp/v1/cluster.grpc.pb.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/coordinator/nodes/grpc_cluster.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

// Makes sure that a restart remembers whether the node of that name is drained.
using RememberDrain = std::function<async::Task<absl::Status>(std::string name, bool drained)>;

class ClusterServiceHandlers {
 public:
  // `remember` is called for each drain and undrain, which is answered when it has ended.
  ClusterServiceHandlers(async::Clock& clock, GrpcCluster& cluster, RememberDrain remember);

  // Begins to answer the service's calls. Must outlive the server's loop.
  void Serve(rpc::Server& server, v1::ClusterService::AsyncService& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::ListNodesResponse> ListNodes(const v1::ListNodesRequest& request);
  Reply<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request,
                                         const std::string& peer);
  Reply<v1::DrainNodeResponse> DrainNode(const v1::DrainNodeRequest& request);
  Reply<v1::UndrainNodeResponse> UndrainNode(const v1::UndrainNodeRequest& request);

  void NoteRefusal(const std::string& name, const absl::Status& status);

  async::Clock& clock_;
  GrpcCluster& cluster_;
  RememberDrain remember_;
  std::set<std::string> refusals_;  // that were logged
};

}  // namespace mlp::coordinator
