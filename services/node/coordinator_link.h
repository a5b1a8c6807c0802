// CoordinatorLink over gRPC.
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "mlp/v1/cluster.grpc.pb.h"
#include "services/node/run/lease.h"
#include "services/rpc/loop.h"

namespace mlp::node {

class GrpcCoordinatorLink final : public CoordinatorLink {
 public:
  // `address` is the coordinator's, host:port. A name is looked up again for each connection.
  GrpcCoordinatorLink(rpc::Loop& loop, std::string address);

  // Takes at most a second and a half. An error says why there is no connection: that the name does
  // not resolve, say.
  async::Task<absl::StatusOr<LeaseAnswer>> Heartbeat(HeartbeatInfo info,
                                                     std::stop_token stop) override;
  // Calls `lost` whenever a connection to the coordinator has ended, until `stop`.
  async::Task<> Watch(std::function<void()> lost, std::stop_token stop);

 private:
  rpc::Loop& loop_;
  const std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ClusterService::Stub> stub_;
};

}  // namespace mlp::node
