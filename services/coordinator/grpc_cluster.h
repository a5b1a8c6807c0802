// The nodes over the network: finds them, notices who comes and goes, calls TrainShard.
//
// A node is up while its channel is connected, it has answered GetNode and its arithmetic matches.
// A configured host name may stand for several nodes (replicas behind one name): it is resolved
// again and again, and every address is a node. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "mlp/v1/node.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/async/workers.h"
#include "services/coordinator/cluster.h"
#include "services/coordinator/membership.h"
#include "services/coordinator/node_list.h"
#include "services/rpc/loop.h"

namespace mlp::coordinator {

class GrpcCluster final : public Cluster {
 public:
  // `resolver` looks up host names, which may block for seconds: give it threads of its own.
  GrpcCluster(rpc::Loop& loop, async::Workers& resolver);

  // Keeps watch over the nodes until `stop`.
  async::Task<> Run(std::vector<HostPort> configured, std::stop_token stop);

  const std::vector<NodeStatus>& nodes() const override { return membership_.nodes(); }
  void SetObserver(MembershipObserver* observer) override { observer_ = observer; }
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const ShardTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token stop) override;

 private:
  struct Link {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::NodeService::Stub> stub;
  };

  async::Task<> WatchHost(HostPort host, async::TaskGroup& watches, std::stop_token stop);
  async::Task<> WatchNode(int node, std::stop_token stop);
  // Asks the node who it is; how long to wait before asking again where it is not up.
  async::Task<NodeState> Greet(int node, std::stop_token stop);
  void Lose(int node, std::string reason);
  v1::TrainShardRequest RequestFor(const ShardTask& task);

  rpc::Loop& loop_;
  async::Workers& resolver_;
  Membership membership_;
  std::vector<Link> links_;  // by node number
  MembershipObserver* observer_ = nullptr;

  // The parameters that went out last, encoded: all attempts of a round send the same.
  std::weak_ptr<const Parameters> encoded_from_;
  v1::ParameterBuffer encoded_;
};

}  // namespace mlp::coordinator
