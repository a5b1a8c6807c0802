// The nodes, whether they can be given work, and the figures of their attempts. Pure bookkeeping.
//
// Nodes are known by small numbers. Configured ones are known by their address and are up while
// they answer. Others register by name and hold a lease, which their heartbeats renew: a node that
// misses some is suspected (it gets nothing new), then dead. A new process under a known name takes
// the old one's place and number at once; the old one is refused from then on, so that two
// processes that share a name do not take it from each other again and again. A process that is
// configured and registers is one node.
//
// The caller that changes it carries out what follows from the change: TakeChanges.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

// The terms of leases. A heartbeat is missed when it is half an interval late: jitter and a slow
// moment are no misses.
struct LeaseTerms {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);  // > 0
  int suspect_after = 2;                                        // heartbeats missed, 1 or more
  int dead_after = 3;                                           // more than suspect_after

  std::chrono::nanoseconds Missed(int heartbeats) const {
    return interval * heartbeats + interval / 2;
  }
};
// Checks the terms. InvalidArgument says which one is beyond its range.
absl::Status CheckLeaseTerms(const LeaseTerms& terms);

inline constexpr std::size_t kMaxNodes = 10'000;

// A change of a node that jobs must hear of, or that needs an action.
struct NodeChange {
  enum class What : std::uint8_t {
    kJoined,  // it is up
    kLeft,    // it was up; it may finish the attempts that it has
    kGone,    // the process that had its attempts is gone: they have no result
  };
  What what = What::kJoined;
  int node = 0;
  std::string name;
  std::string reason;  // why it left or is gone
};

class Membership {
 public:
  using TimePoint = NodeStatus::TimePoint;

  // `arithmetic` is the id that nodes must compute with (ArithmeticId()).
  explicit Membership(std::string arithmetic, LeaseTerms terms = {})
      : arithmetic_(std::move(arithmetic)), terms_(terms) {}

  const LeaseTerms& terms() const { return terms_; }

  // ---- Nodes at known addresses

  // Adds a configured node that is down so far; returns its number. A known address keeps its
  // number.
  int Add(const std::string& address);
  // True if Add or Heartbeat can take another node at present.
  bool HasRoom() const { return nodes_.size() < kMaxNodes; }
  // Records that the node answered. It is up afterwards, or its detail says why not.
  NodeState Answered(int node, NodeIdentity identity);
  // Records that the node does not answer.
  void Lost(int node, std::string reason);
  // Records that the node said, other than by a heartbeat, that it shuts down.
  void ShutsDown(int node);
  bool IsConfigured(int node) const { return records_[Index(node)].configured; }

  // ---- Nodes that register

  // Registers the node or renews its lease; returns its number. It is up once it answers at its
  // address as well. Errors: InvalidArgument (names the field), FailedPrecondition (its protocol or
  // arithmetic differs, or another process has taken its name since), NotFound (it leaves, and is
  // not known), ResourceExhausted with a retry delay (there are kMaxNodes already, none of them
  // dead and idle).
  absl::StatusOr<int> Heartbeat(TimePoint now, const NodeHeartbeat& heartbeat);
  // Ages the leases. Call it at NextExpiry(). If it is called later than that by more than an
  // interval, this process itself stood still, and every living lease begins anew.
  void Expire(TimePoint now);
  std::optional<TimePoint> NextExpiry() const;

  // ---- Nodes out of service

  // Drains the node or ends that: a drained node finishes what it has and gets nothing new until
  // Undrain, whichever process has its name. Draining a drained node changes nothing. Both return
  // the node's number, and NotFound if no node has that name; Undrain also takes a drained name
  // that no node has now, and returns nullopt. Drain is ResourceExhausted if kMaxNodes other names
  // are drained.
  absl::StatusOr<int> Drain(const std::string& name);
  absl::StatusOr<std::optional<int>> Undrain(const std::string& name);
  // Takes the names that were drained in an earlier life of the coordinator. Call it before
  // anything else.
  void RestoreDrained(const std::vector<std::string>& names);

  // ---- Attempts

  void AttemptBegan(int node) { ++nodes_[Index(node)].active_attempts; }
  enum class AttemptEnd : std::uint8_t { kFinished, kRejected, kFailed, kCancelled };
  // `error` says how the attempt failed.
  void AttemptEnded(TimePoint now, int node, AttemptEnd end, std::string error = "");

  const std::vector<NodeStatus>& nodes() const { return nodes_; }
  // Returns the changes since the last call, in order.
  std::vector<NodeChange> TakeChanges() { return std::exchange(changes_, {}); }

 private:
  enum class LeaseState : std::uint8_t { kAlive, kSuspected, kDead };
  struct Lease {
    std::string instance_id;
    TimePoint renewed;
    LeaseState state = LeaseState::kAlive;
    std::string ended_because;             // why it is dead, if it is
    std::deque<std::string> replaced_ids;  // instances whose place this one took; the last few
  };
  // The facts that a node's state follows from, beside those in its status.
  struct Record {
    bool configured = false;
    bool answers = false;
    std::string silent_because = "not asked yet";  // why it does not answer, if so
    std::string refused_because;                   // empty: it is not refused
    std::optional<Lease> lease;
  };

  static std::size_t Index(int node) { return static_cast<std::size_t>(node); }

  std::optional<int> FindFor(const NodeHeartbeat& heartbeat) const;
  bool IsTaken(int node, const NodeHeartbeat& heartbeat) const;
  absl::StatusOr<int> Leave(std::optional<int> node, const NodeHeartbeat& heartbeat);
  std::optional<int> NewNumber();
  // Gives the node's name to another process than before.
  void Replace(int node, const NodeHeartbeat& heartbeat);
  // Records that the same process is heard from at another address.
  void Move(int node, const std::string& address);
  void Renew(TimePoint now, int node);
  void EndLease(int node, const std::string& because);
  // Ends the registration of a configured node that is another process now, which did not register.
  void DropLease(int node);
  void BeginLeasesAnew(TimePoint now);
  TimePoint ExpiryOf(const Lease& lease) const;
  std::string RefusalOf(std::uint32_t protocol, const std::string& arithmetic) const;
  std::string TwinOf(int node, const std::string& instance_id) const;

  // Derives state and detail, and notes a change.
  void Update(int node);
  std::pair<NodeState, std::string> StateOf(int node) const;
  void Gone(int node, const std::string& reason);

  const std::string arithmetic_;
  const LeaseTerms terms_;
  std::vector<NodeStatus> nodes_;
  std::vector<Record> records_;                      // one for each of nodes_
  std::unordered_map<std::string, int> configured_;  // keyed by address
  std::unordered_map<std::string, int> registered_;  // keyed by name
  std::set<std::pair<TimePoint, int>> expiries_;     // expiry and node of leases that are not dead
  std::set<std::string> drained_;
  std::vector<NodeChange> changes_;
};

// Says why no node is up, in words: "node-a (10.0.0.1:9091): connection refused; …", for the first
// few nodes, or that there is none.
std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes);

}  // namespace mlp::coordinator
