// mlp.v1.NodeService on a Node. Loop thread only; all that it refers to outlives its calls.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/node/cache/parameter_cache.h"
#include "services/node/run/node.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::node {

class NodeService {
 public:
  // `workers` check requests and encode results while the node's other task computes: they need a
  // thread to spare.
  NodeService(Node& node, async::Workers& workers);

  const std::string& instance_id() const { return instance_id_; }
  // Answers the calls of `service` from the server's start on.
  void Serve(rpc::Server& server, v1::NodeService::AsyncService& service);

 private:
  using EventStream = rpc::ServerStream<v1::TrainShardEvent>;

  async::Task<absl::Status> TrainShard(const v1::TrainShardRequest& request, EventStream& stream);
  using PieceStream = rpc::RequestStream<v1::PutParametersResponse, v1::PutParametersRequest>;

  async::Task<absl::StatusOr<TrainTask>> Decode(const v1::TrainShardRequest& request);
  async::Task<v1::TrainShardEvent> EventOf(const AttemptOutcome& outcome,
                                           const v1::TrainShardRequest& request);
  // Sends the gradient, in pieces.
  async::Task<absl::Status> SendGradient(const Parameters& gradient, EventStream& stream);
  async::Task<absl::StatusOr<v1::PutParametersResponse>> PutParameters(PieceStream& pieces);
  // Takes the parameters from the request, or those that it refers to. False: they are unknown.
  absl::StatusOr<bool> FindParameters(const v1::TrainShardRequest& request, TrainTask& task);
  async::Task<absl::StatusOr<v1::GetNodeResponse>> GetNode();

  Node& node_;
  async::Workers& workers_;
  const std::string instance_id_;
  ParameterCache parameters_;
};

}  // namespace mlp::node
