#include "cli/client/cluster_client.h"

#include "cli/client/connection.h"
#include "mlp/v1/cluster.grpc.pb.h"

namespace mlp::cli {
namespace {

using ClusterStub = v1::ClusterService::Stub;

}  // namespace

ClusterClient::ClusterClient(const Session& session)
    : connection_(std::make_unique<Connection<v1::ClusterService>>(session)) {}

ClusterClient::~ClusterClient() = default;

absl::StatusOr<v1::ListNodesResponse> ClusterClient::ListNodes() {
  return connection_->Call(&ClusterStub::ListNodes, v1::ListNodesRequest());
}

absl::StatusOr<v1::DrainNodeResponse> ClusterClient::DrainNode(const std::string& name) {
  v1::DrainNodeRequest request;
  request.set_name(name);
  return connection_->Call(&ClusterStub::DrainNode, request);
}

absl::StatusOr<v1::UndrainNodeResponse> ClusterClient::UndrainNode(const std::string& name) {
  v1::UndrainNodeRequest request;
  request.set_name(name);
  return connection_->Call(&ClusterStub::UndrainNode, request);
}

absl::StatusOr<v1::RemoveNodeResponse> ClusterClient::RemoveNode(const std::string& name) {
  v1::RemoveNodeRequest request;
  request.set_name(name);
  return connection_->Call(&ClusterStub::RemoveNode, request);
}

}  // namespace mlp::cli
