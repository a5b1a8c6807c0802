// Which nodes there are, whether they can be given work, and what became of it. Pure bookkeeping.
//
// Nodes are known by small numbers. Configured ones are known by their address and are up while
// they answer. Others register by name and hold a lease, which their heartbeats renew: a node that
// misses some is suspected (it gets nothing new), then dead. A new process under a known name takes
// the old one's place and number at once; the old one is refused from then on, so that two
// processes that share a name do not take it from each other again and again. A process that is
// configured and registers is one node.
//
// Whoever changes it carries out what follows from that: TakeChanges.
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
#include "services/base/protocol_version.h"
#include "services/coordinator/membership/recent_rate.h"

namespace mlp::coordinator {

enum class NodeState : std::uint8_t {
  kUp,         // gets work
  kDown,       // does not answer, or its lease has ended
  kRefused,    // its arithmetic or protocol differs, or it is another node's double
  kSuspected,  // missed heartbeats: gets nothing new, keeps what it has
  kDraining,   // on request, or because it shuts down: likewise
};

// The load that a node injects, as it states it: recorded, so that a job can be replayed with the
// same misfortunes. It decides nothing.
struct NodeLoad {
  double probability = 0;  // 0 to 1
  std::chrono::nanoseconds delay{};
  std::uint64_t seed = 1;
};

// A shard that a node has trained, whose result it still has.
struct CachedResult {
  std::string job_id;
  int round = 1;
  int shard = 0;
};

struct NodeStatus {
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

  std::string name;     // as the node says; its address until then
  std::string address;  // host:port
  NodeState state = NodeState::kDown;
  std::string detail = "not asked yet";  // why it is not up
  std::string instance_id;               // of the process that answered or registered last
  std::string version;                   // of its program
  NodeLoad load;                         // as that process stated it
  int slots = 0;                         // likewise: attempts it holds at most; 0: as a job says
  std::vector<CachedResult> cached_results;  // that it had when that process was asked last
  bool registered = false;
  std::optional<TimePoint> lease_end;  // of a registered node: dead from then on
  bool drained = false;                // by the operator
  bool shutting_down = false;          // as it says
  int active_attempts = 0;
  std::int64_t finished_attempts = 0;
  std::int64_t rejected_attempts = 0;
  std::int64_t failed_attempts = 0;
  RecentRate finished_rate;
  std::string last_error;  // of the attempt that failed last
  std::optional<TimePoint> last_error_time;
};

// What a node says about itself when it is asked.
struct NodeIdentity {
  std::string name;
  std::string instance_id;
  std::string arithmetic;
  NodeLoad load;
  int slots = 0;
  std::string version;
  std::uint32_t protocol = kProtocolVersion;
  bool draining = false;  // it is shutting down
  std::vector<CachedResult> cached_results;
};

// What a node says about itself unasked.
struct NodeHeartbeat {
  // None of these has control characters.
  std::string name;         // 1 to 255 characters
  std::string instance_id;  // 1 to 64 characters
  std::string address;      // host:port, where it serves
  std::uint32_t protocol = kProtocolVersion;
  std::string version;
  std::string arithmetic;
  bool draining = false;  // it is shutting down
  bool leaving = false;   // it goes now
};

// A heartbeat is missed when it is half an interval late: jitter and a slow moment are no misses.
struct LeaseTerms {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);  // > 0
  int suspect_after = 2;                                        // heartbeats missed, 1 or more
  int dead_after = 3;                                           // more than that

  std::chrono::nanoseconds Missed(int heartbeats) const {
    return interval * heartbeats + interval / 2;
  }
};
// InvalidArgument says which one is beyond its range.
absl::Status CheckLeaseTerms(const LeaseTerms& terms);

inline constexpr std::size_t kMaxNodes = 10'000;

// Something to be told, or to be done about a node.
struct NodeChange {
  enum class What : std::uint8_t {
    kJoined,  // it is up
    kLeft,    // it was up; what it has it may finish
    kGone,    // the process that had its attempts is gone: they come to nothing
  };
  What what = What::kJoined;
  int node = 0;
  std::string name;
  std::string reason;  // of kLeft and kGone
};

class Membership {
 public:
  using TimePoint = NodeStatus::TimePoint;

  // `arithmetic`: what nodes must compute with (ArithmeticId()).
  explicit Membership(std::string arithmetic, LeaseTerms terms = {})
      : arithmetic_(std::move(arithmetic)), terms_(terms) {}

  const LeaseTerms& terms() const { return terms_; }

  // ---- Nodes at known addresses

  // Adds a configured node that is down so far; returns its number. An address that is there
  // already keeps its number.
  int Add(const std::string& address);
  // Whether Add or Heartbeat can take another node as things stand.
  bool HasRoom() const { return nodes_.size() < kMaxNodes; }
  // The node answered. It is up afterwards, or its detail says why not.
  NodeState Answered(int node, NodeIdentity identity);
  // The node does not answer.
  void Lost(int node, std::string reason);
  // It said, other than by a heartbeat, that it shuts down.
  void ShutsDown(int node);
  bool IsConfigured(int node) const { return records_[Index(node)].configured; }

  // ---- Nodes that register

  // Registers the node or renews its lease; its number. It is up when it answers at its address as
  // well. Errors: InvalidArgument (names the field), FailedPrecondition (its protocol or arithmetic
  // differs, or another process has taken its name since), NotFound (it leaves, and is not known),
  // ResourceExhausted with a retry delay (there are kMaxNodes already, none of them dead and idle).
  absl::StatusOr<int> Heartbeat(TimePoint now, const NodeHeartbeat& heartbeat);
  // Ages the leases. To be called at NextExpiry(). Where it is called later than that by more than
  // an interval, it was this process that stood still, and every living lease begins anew.
  void Expire(TimePoint now);
  std::optional<TimePoint> NextExpiry() const;

  // ---- Nodes out of service

  // The node finishes what it has and gets nothing new until Undrain, whichever process has its
  // name; nothing where that is so already. Number of the node. NotFound where no node has that
  // name; Undrain takes a name that was drained, too: nullopt where it has no node now.
  absl::StatusOr<int> Drain(const std::string& name);
  absl::StatusOr<std::optional<int>> Undrain(const std::string& name);
  // Names that were drained in an earlier life of the coordinator. Before anything else.
  void RestoreDrained(const std::vector<std::string>& names);

  // ---- What becomes of the work

  void AttemptBegan(int node) { ++nodes_[Index(node)].active_attempts; }
  enum class AttemptEnd : std::uint8_t { kFinished, kRejected, kFailed, kCancelled };
  // `error`: how it failed.
  void AttemptEnded(TimePoint now, int node, AttemptEnd end, std::string error = "");

  const std::vector<NodeStatus>& nodes() const { return nodes_; }
  // What changed since the last call, in order.
  std::vector<NodeChange> TakeChanges() { return std::exchange(changes_, {}); }

 private:
  enum class LeaseState : std::uint8_t { kAlive, kSuspected, kDead };
  struct Lease {
    std::string instance_id;
    TimePoint renewed;
    LeaseState state = LeaseState::kAlive;
    std::string ended_because;             // of one that is dead
    std::deque<std::string> replaced_ids;  // instances whose place this one took, the last ones
  };
  // What a node's state follows from, beside what its status says.
  struct Record {
    bool configured = false;
    bool answers = false;
    std::string silent_because = "not asked yet";  // where it does not answer
    std::string refused_because;                   // empty: it is not
    std::optional<Lease> lease;
  };

  static std::size_t Index(int node) { return static_cast<std::size_t>(node); }

  std::optional<int> FindFor(const NodeHeartbeat& heartbeat) const;
  bool IsTaken(int node, const NodeHeartbeat& heartbeat) const;
  absl::StatusOr<int> Leave(std::optional<int> node, const NodeHeartbeat& heartbeat);
  std::optional<int> NewNumber();
  // Another process than before has the node's name.
  void Replace(int node, const NodeHeartbeat& heartbeat);
  // The same process is heard from elsewhere.
  void Move(int node, const std::string& address);
  void Renew(TimePoint now, int node);
  void EndLease(int node, std::string because);
  // The configured node is another process now, which did not register.
  void DropLease(int node);
  void BeginLeasesAnew(TimePoint now);
  TimePoint ExpiryOf(const Lease& lease) const;
  std::string RefusalOf(std::uint32_t protocol, const std::string& arithmetic) const;
  std::string TwinOf(int node, const std::string& instance_id) const;

  // Derives state and detail, and notes what changed.
  void Update(int node);
  std::pair<NodeState, std::string> StateOf(int node) const;
  void Gone(int node, const std::string& reason);

  const std::string arithmetic_;
  const LeaseTerms terms_;
  std::vector<NodeStatus> nodes_;
  std::vector<Record> records_;                      // beside nodes_
  std::unordered_map<std::string, int> configured_;  // by address
  std::unordered_map<std::string, int> registered_;  // by name
  std::set<std::pair<TimePoint, int>> expiries_;     // of leases that are not dead, and nodes
  std::set<std::string> drained_;
  std::vector<NodeChange> changes_;
};

// Why no node is up, in words: "node-a (10.0.0.1:9091): connection refused; …", of the first few
// nodes, or that there is none.
std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes);

}  // namespace mlp::coordinator
