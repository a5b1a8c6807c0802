// The nodes, whether they can be given work, and the figures of their attempts. Pure bookkeeping.
//
// Nodes are known by small numbers. Configured ones are known by their address and are up while
// they answer. Others register by name and hold a lease, which their heartbeats renew: a node that
// misses some is suspected (it gets nothing new), then dead, and forgotten some minutes later. A
// new process under a known name takes the old one's place and number at once; the old one is
// refused from then on, so that two processes that share a name do not take it from each other
// again and again. A process that is configured and registers is one node.
//
// A node that registers is a stranger until it was reached at its address. Strangers have few
// places (strangers.h), are forgotten at once, and are not told of what was found at the addresses
// that they gave. A heartbeat costs O(log nodes).
//
// A number is given to another node when the one that had it is forgotten: it has no attempt then,
// and is down. Whoever keeps numbers learns from the name under which a number joins that it is
// another's.
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
#include "services/coordinator/membership/lease_terms.h"
#include "services/coordinator/membership/strangers.h"
#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxNodes = 10'000;
// The time from the end of a lease until its node is forgotten.
inline constexpr std::chrono::minutes kForgetAfter{10};

// A change of a node that jobs must hear of, or that needs an action.
struct NodeChange {
  enum class What : std::uint8_t {
    kJoined,     // it is up
    kLeft,       // it was up; it may finish the attempts that it has
    kGone,       // the process that had its attempts is gone: they have no result
    kForgotten,  // its number has no node any more
  };
  What what = What::kJoined;
  int node = 0;
  std::string name;
  std::string reason;  // why it left, is gone or is forgotten
  bool notable =
      false;  // the node registered and was reached once: neither configured nor a stranger
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
  // Takes back an Add of that address: the node is configured no more when each Add is, and then
  // forgotten, unless it is registered. False, and nothing has changed, if it answers and is not
  // refused, or has attempts.
  bool Drop(TimePoint now, const std::string& address);
  // Lists a configured name (host:port) as a node that is down because of `reason`, until it
  // resolves. Both return whether that is new. Without room it is not listed.
  bool NoteUnresolved(const std::string& name, std::string reason);
  bool NoteResolved(const std::string& name);
  // True if Add, NoteUnresolved or Heartbeat can take another node at present.
  bool HasRoom() const { return nodes_.size() - vacant_.size() < kMaxNodes; }
  // The number of the node that is configured at that address.
  std::optional<int> FindConfigured(const std::string& address) const;
  // Records that the node answered. It is up afterwards, or its detail says why not.
  NodeState Answered(int node, NodeIdentity identity);
  // Records that the node does not answer.
  void Lost(int node, std::string reason);
  // Records that the node said, other than by a heartbeat, that it shuts down.
  void ShutsDown(int node);
  bool IsConfigured(int node) const { return records_[Index(node)].configured > 0; }
  // True if a process that may be given work, now or later, answers at the node's address.
  bool Answers(int node) const {
    const NodeState state = nodes_[Index(node)].state;
    return state != NodeState::kDown && state != NodeState::kRefused;
  }
  // Says why no process answers there, to those who may know: a node's detail may not.
  const std::string& WhySilent(int node) const { return records_[Index(node)].silent_because; }
  // The host that a stranger registered from; nullopt for other nodes.
  const std::optional<std::string>& StrangerFrom(int node) const {
    return records_[Index(node)].stranger_from;
  }

  // ---- Nodes that register

  // Registers the node or renews its lease; returns its number. It is up once it answers at its
  // address as well. Errors: InvalidArgument (names the field), FailedPrecondition (its protocol or
  // arithmetic differs, or another process has taken its name since), NotFound (it leaves, and is
  // not known), ResourceExhausted with a retry delay (a new node, and there are kMaxNodes already,
  // none of them dead and idle, or as many strangers as may be).
  absl::StatusOr<int> Heartbeat(TimePoint now, const NodeHeartbeat& heartbeat);
  // Ages the leases, and forgets those who ended long ago. Call it at NextExpiry(). If it is called
  // later than the end of a lease by more than an interval, this process itself stood still, and
  // every living lease begins anew.
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
  // Forgets the nodes of that name; a drain of it lasts. Errors, after which all are as before:
  // NotFound, FailedPrecondition (one is configured, has a lease or has attempts).
  absl::Status Remove(const std::string& name);
  // Takes the names that were drained in an earlier life of the coordinator. Call it before
  // anything else.
  void RestoreDrained(const std::vector<std::string>& names);

  // ---- Attempts

  void AttemptBegan(int node) { ++nodes_[Index(node)].active_attempts; }
  enum class AttemptEnd : std::uint8_t { kFinished, kRejected, kFailed, kCancelled };
  // `error` says how the attempt failed.
  void AttemptEnded(TimePoint now, int node, AttemptEnd end, std::string error = "");

  // Node n is nodes()[n]; those without a node are `vacant`, and down.
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
    int configured = 0;  // by so many names
    bool answers = false;
    std::string silent_because = "not asked yet";  // why it does not answer, if so
    std::string refused_because;                   // empty: it is not refused
    std::optional<Lease> lease;
    std::optional<std::string> stranger_from;  // the host that it registered from, if it is one
    std::optional<TimePoint> forget_at;
  };

  static constexpr char kBeingConnected[] = "is being connected to";

  static absl::Status NoSuchNode(const std::string& name);
  static std::size_t Index(int node) { return static_cast<std::size_t>(node); }

  std::optional<int> FindFor(const NodeHeartbeat& heartbeat) const;
  bool IsTaken(int node, const NodeHeartbeat& heartbeat) const;
  absl::StatusOr<int> Leave(TimePoint now, std::optional<int> node, const NodeHeartbeat& heartbeat);
  // Makes a place for a node that registers for the first time.
  absl::StatusOr<int> NewNumber(const std::string& host);
  // Returns a number that no node has.
  int TakeNumber();
  // Gives up the number of a node that is down and has no attempts.
  void Forget(int node, const std::string& because);
  void ForgetAt(int node, std::optional<TimePoint> when);
  void NoStranger(int node);
  // Forgets the node that is dead longest and has no attempts. False if there is none.
  bool MakeRoom();
  // Gives the node's name to another process than before.
  void Replace(int node, const NodeHeartbeat& heartbeat);
  // Records that the same process is heard from at another address.
  void Move(int node, const std::string& address);
  void Renew(TimePoint now, int node);
  void EndLease(TimePoint now, int node, const std::string& because);
  // Ends the registration of a configured node that is another process now, which did not register.
  void DropLease(int node);
  void BeginLeasesAnew(TimePoint now);
  TimePoint ExpiryOf(const Lease& lease) const;
  std::string RefusalOf(std::uint32_t protocol, const std::string& arithmetic) const;
  std::string TwinOf(int node, const std::string& instance_id) const;
  // Records which process is the node from now on, and whether it has answered.
  void SetInstance(int node, const std::string& instance_id, bool answered);
  std::vector<int> NumbersOf(const std::string& name) const;

  // Derives state and detail, and notes a change.
  void Update(int node);
  std::pair<NodeState, std::string> StateOf(int node) const;
  std::string SilenceOf(int node) const;
  void Note(NodeChange::What what, int node, const std::string& reason);

  const std::string arithmetic_;
  const LeaseTerms terms_;
  std::vector<NodeStatus> nodes_;
  std::vector<Record> records_;                      // one for each of nodes_
  std::set<int> vacant_;                             // numbers that no node has
  std::unordered_map<std::string, int> configured_;  // keyed by address
  std::unordered_map<std::string, int> unresolved_;  // keyed by configured name
  std::unordered_map<std::string, int> registered_;  // keyed by name
  // Instance and number of the nodes whose present process has answered.
  std::set<std::pair<std::string, int>> instances_;
  std::set<std::pair<TimePoint, int>> expiries_;  // expiry and node of leases that are not dead
  std::set<std::pair<TimePoint, int>> forgets_;   // times when nodes are forgotten
  Strangers strangers_;
  std::set<std::string> drained_;
  std::vector<NodeChange> changes_;
};

}  // namespace mlp::coordinator
