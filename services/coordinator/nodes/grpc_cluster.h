// The nodes over the network: finds them, notices who comes and goes, calls TrainShard.
//
// A node can be given work while its channel is connected, it has answered GetNode and Membership
// has nothing against it. A configured host name may stand for several nodes (replicas behind one
// name): it is resolved again and again, and every address is a node (host_addresses.h); a name
// that does not resolve is listed as a node that is down. Nodes that register are dialled back at
// the address that they give, as long as they send heartbeats, those that were never reached by
// turns (dial_turns.h). When a lease has ended, or another process has taken a node's name, the
// calls that are out to it end as Unavailable, and it is dialled no more. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "mlp/v1/node.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/async/wait.h"
#include "services/async/workers.h"
#include "services/coordinator/membership/membership.h"
#include "services/coordinator/nodes/dial_turns.h"
#include "services/coordinator/nodes/gradient_turns.h"
#include "services/coordinator/nodes/host_addresses.h"
#include "services/coordinator/nodes/known_parameters.h"
#include "services/coordinator/nodes/node_list.h"
#include "services/coordinator/run/cluster.h"
#include "services/rpc/loop.h"

namespace mlp::coordinator {

class GrpcCluster final : public Cluster {
 public:
  // `resolver` looks up host names, which may block for seconds: give it threads of its own.
  GrpcCluster(rpc::Loop& loop, async::Workers& resolver, LeaseTerms terms = {});

  // Takes the names that were drained in an earlier life of the coordinator. Call it before Run.
  void RestoreDrained(const std::vector<std::string>& names) { membership_.RestoreDrained(names); }
  // Keeps watch over the nodes until `stop`.
  async::Task<> Run(std::vector<Address> configured, std::stop_token stop);

  const std::vector<NodeStatus>& nodes() const override { return membership_.nodes(); }
  void SetObserver(MembershipObserver* observer) override { observer_ = observer; }
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const TrainTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token stop) override;

  // Do the same as Membership's, and carry out the changes. Heartbeat is Unavailable if the watch
  // has not begun or has ended.
  absl::StatusOr<int> Heartbeat(const NodeHeartbeat& heartbeat);
  absl::StatusOr<int> Drain(const std::string& name);
  absl::StatusOr<std::optional<int>> Undrain(const std::string& name);
  absl::Status Remove(const std::string& name);
  const LeaseTerms& lease_terms() const { return membership_.terms(); }

 private:
  // The line to one process of a node.
  struct Link {
    explicit Link(async::Clock& clock) : arrived(clock) {}

    std::string address;
    // Both are nullptr while the node is a stranger that has no turn to be dialled.
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::NodeService::Stub> stub;
    bool told_unreached = false;  // the log says why a stranger is not reached
    std::stop_source gone;        // requested: the process is gone, and its calls end
    std::string gone_because;
    KnownParameters has;           // what the process was sent; it says if it lacks them by now
    std::set<std::string> coming;  // the digests of those on their way, each from one attempt
    async::Signal arrived;         // some of these have arrived, or failed to
  };
  using LinkPtr = std::shared_ptr<Link>;

  async::Task<> WatchHost(Address host, std::stop_token stop);
  void NoteLookUp(const Address& host, const absl::Status& status);
  void Configure(HostAddresses& addresses, const std::vector<std::string>& found);
  async::Task<> WatchLeases(std::stop_token stop);
  async::Task<> WatchLink(int node, LinkPtr link, std::stop_token stop);
  // Asks the node who it is.
  async::Task<NodeState> Identify(int node, LinkPtr link, std::stop_token stop);
  // Does the same in the turn of a stranger. If it is not reached, its channel is given up, because
  // a channel that has been asked to connect tries again by itself.
  async::Task<NodeState> IdentifyStranger(int node, LinkPtr link, std::string host,
                                          std::stop_token stop);
  void NoteUnreached(int node, Link& link);
  // Makes a new line to the node's address, which replaces the one there is.
  void Connect(int node);
  static void Open(Link& link);
  // Ends the line to the node, with the calls that are out.
  void End(int node, const std::string& because);
  bool IsCurrent(int node, const LinkPtr& link) const;
  // Carries out what follows from the membership's changes.
  void CarryOutChanges();
  void CarryOut(const NodeChange& change);
  void Log(const NodeChange& change) const;
  void NoteEnd(int node, const absl::StatusOr<AttemptOutcome>& outcome);
  // Sends the attempt, with its parameters; again if the node has lost these.
  async::Task<absl::StatusOr<AttemptOutcome>> Attempt(LinkPtr link,
                                                      std::shared_ptr<const TrainTask> task,
                                                      AttemptObserver& observer,
                                                      std::stop_token stop);
  async::Task<absl::StatusOr<AttemptOutcome>> Call(LinkPtr link, const TrainTask& task,
                                                   GradientTurns::Attempt& place,
                                                   AttemptObserver& observer, std::stop_token stop);
  // Sends large parameters, in pieces, unless the node has them. If another attempt is sending
  // them, it waits for that.
  async::Task<absl::Status> Put(LinkPtr link, RoundParameters parameters, std::stop_token stop);

  rpc::Loop& loop_;
  async::Workers& resolver_;
  Membership membership_;
  std::vector<LinkPtr> links_;  // keyed by node number; nullptr: there is none
  DialTurns dial_turns_;
  async::TimePoint quiet_until_;  // no line about a node that is not reached before that
  MembershipObserver* observer_ = nullptr;
  std::stop_token stop_;
  bool running_ = false;
  async::TaskGroup watches_;
  GradientTurns gradient_turns_;
};

}  // namespace mlp::coordinator
