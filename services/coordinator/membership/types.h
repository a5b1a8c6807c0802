// A node's status, and a node's statements about itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/base/protocol_version.h"
#include "services/coordinator/membership/recent_rate.h"

namespace mlp::coordinator {

enum class NodeState : std::uint8_t {
  kUp,         // gets work
  kDown,       // does not answer, or its lease has ended
  kRefused,    // its arithmetic or protocol differs, or another node is the same process
  kSuspected,  // missed heartbeats: gets nothing new, keeps what it has
  kDraining,   // drained or shutting down: likewise
};

// The load that a node injects, as it states it: recorded, so that a job can be replayed with the
// same delays. It decides nothing.
struct NodeLoad {
  double probability = 0;  // 0 to 1
  std::chrono::nanoseconds delay{};
  std::uint64_t seed = 1;
};

// A shard whose result a node has computed and still has.
struct CachedResult {
  std::string job_id;
  int round = 1;
  int shard = 0;
};

struct NodeStatus {
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

  std::string name;     // the node's own; its address until it answers
  std::string address;  // host:port
  NodeState state = NodeState::kDown;
  std::string detail = "not asked yet";  // says why it is not up
  std::string instance_id;               // identifies the process that answered or registered last
  std::string version;                   // its program's version
  NodeLoad load;                         // stated by that process
  int slots = 0;                         // likewise: attempts it holds at most; 0: the job's number
  std::vector<CachedResult> cached_results;  // those it had when that process was asked last
  bool registered = false;
  std::optional<TimePoint> lease_end;  // a registered node is dead from then on
  bool drained = false;                // the operator drained it
  bool shutting_down = false;          // it says so itself
  bool identified = false;             // it was reached at its address once
  bool vacant = false;                 // no node has this number: the one that had it is forgotten
  int active_attempts = 0;
  std::int64_t finished_attempts = 0;
  std::int64_t rejected_attempts = 0;
  std::int64_t failed_attempts = 0;
  RecentRate finished_rate;
  std::string last_error;  // the last failed attempt's
  std::optional<TimePoint> last_error_time;
};

// The answer of a node that is asked for its identity.
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

// A node's message about itself, sent unasked.
struct NodeHeartbeat {
  // The texts have no control characters.
  std::string name;         // 1 to 255 characters
  std::string instance_id;  // 1 to 64 characters
  std::string address;      // host:port, its server's
  std::uint32_t protocol = kProtocolVersion;
  std::string version;
  std::string arithmetic;
  bool draining = false;  // it is shutting down
  bool leaving = false;   // it leaves now
  std::string host;       // the host that the heartbeat comes from, whoever it says that it is
};

}  // namespace mlp::coordinator
