// The seam to the nodes: who is there, and TrainShard on one of them.
//
// GrpcCluster implements it over the network, SimulatedCluster in virtual time. Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/parameters.h"
#include "libmlp/train/evaluation.h"
#include "libmlp/train/training_options.h"
#include "services/async/task.h"
#include "services/coordinator/membership/membership.h"
#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

// What a round starts from.
struct RoundParameters {
  std::shared_ptr<const Parameters> values;
  std::string sha256;  // of their bytes, 32 bytes
};

// One attempt's work. What all attempts of a round have in common is shared.
struct ShardTask {
  std::string job_id;
  int round = 0;
  int shard = 0;
  int offer = 0;  // offers of this shard to this node earlier in the round
  OfferTerms terms;
  std::string dataset;
  std::string file;
  std::string sha256;  // of the file, 32 bytes
  std::shared_ptr<const ModelSpec> model;
  RoundParameters parameters;
  TrainingOptions training;
};

// How an attempt ends well.
struct Rejected {
  std::string reason;
};
struct Trained {
  Parameters gradient;  // checked: size, digest, finiteness
  std::string digest;   // SHA-256 of the gradient, 32 bytes
  Evaluation training;
  int epochs_run = 0;
  std::chrono::nanoseconds compute_time{};
  std::chrono::nanoseconds load_time{};
};
using AttemptOutcome = std::variant<Rejected, Trained>;

// Told what happens to an attempt before its end.
class AttemptObserver {
 public:
  virtual ~AttemptObserver() = default;
  virtual void OnAccepted(int queued_behind) = 0;
  virtual void OnStarted(std::chrono::nanoseconds queued_for,
                         std::chrono::nanoseconds held_up_for) = 0;
};

// Told who comes and goes.
class MembershipObserver {
 public:
  virtual ~MembershipObserver() = default;
  virtual void OnNodeJoined(int node, const std::string& name) = 0;
  virtual void OnNodeLeft(int node, const std::string& name, const std::string& reason) = 0;
};

class Cluster {
 public:
  virtual ~Cluster() = default;

  // Node n is nodes()[n]. A number may be given to another node only long after its node has left
  // and ended all its attempts.
  virtual const std::vector<NodeStatus>& nodes() const = 0;
  // At most one observer; nullptr removes it.
  virtual void SetObserver(MembershipObserver* observer) = 0;

  // Ends after at most the transport's own detection time once the node is gone. After `stop` the
  // work is cancelled and the end still awaited (Cancelled). Errors: Unavailable and other
  // transport errors; FailedPrecondition where this node cannot train this shard; OutOfRange where
  // the gradient is not finite; DataLoss where what arrived is not what was sent.
  virtual async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(
      int node, std::shared_ptr<const ShardTask> task, AttemptObserver& observer,
      std::stop_token stop) = 0;
};

}  // namespace mlp::coordinator
