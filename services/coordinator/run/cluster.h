// The seam to the nodes: who is there, and TrainShard on one of them.
//
// GrpcCluster implements it over the network, SimulatedCluster in virtual time. Loop thread only.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/task.h"
#include "services/attempt/attempt_observer.h"
#include "services/attempt/attempt_outcome.h"
#include "services/attempt/train_task.h"
#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

// Hears which nodes come and go.
class MembershipObserver {
 public:
  virtual ~MembershipObserver() = default;
  virtual void OnNodeJoined(int node, const std::string& name) = 0;
  virtual void OnNodeLeft(int node, const std::string& name, const std::string& reason) = 0;
};

class Cluster {
 public:
  virtual ~Cluster() = default;

  // Node n is nodes()[n]; it may be vacant. A number is given to another node only after its node
  // has left and ended all its attempts; the other one joins under a name of its own.
  virtual const std::vector<NodeStatus>& nodes() const = 0;
  // Sets the only observer; nullptr removes it.
  virtual void SetObserver(MembershipObserver* observer) = 0;

  // Trains the shard on the node. Once the node is gone, it ends within the transport's own
  // detection time. After `stop` the work is cancelled and the end still awaited (Cancelled).
  // Errors: Unavailable and other transport errors; FailedPrecondition if this node cannot train
  // this shard; OutOfRange if the gradient is not finite; DataLoss if the bytes that arrived are
  // not those that were sent.
  virtual async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(
      int node, std::shared_ptr<const TrainTask> task, AttemptObserver& observer,
      std::stop_token stop) = 0;
};

}  // namespace mlp::coordinator
