// A node's place in the cluster: registers it with the coordinator and keeps its lease.
//
// A heartbeat goes out at once, then after every interval that the coordinator asks for, 10 % more
// or less, so that the nodes of a cluster do not all speak at once. While the coordinator cannot be
// reached, or the connection to it has broken, the node tries again after 100 ms, later every
// second. When the coordinator is back, after a restart too, the node registers by itself. The log
// has each change once. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/wait.h"

namespace mlp::node {

// A node's statement to the coordinator about itself.
struct HeartbeatInfo {
  std::string name;
  std::string instance_id;
  std::string address;  // host:port of its server; ":port": at the host that the call comes from
  std::string version;
  std::string arithmetic;
  bool draining = false;  // it takes no new tasks
  bool leaving = false;   // it leaves now
};

// The node's standing with the coordinator.
enum class Standing : std::uint8_t {
  kUp,
  kUnconnected,  // registered, but the coordinator does not reach it
  kRefused,
  kDrained,
};

struct LeaseAnswer {
  async::Duration interval{};  // the time until the next heartbeat
  Standing standing = Standing::kUp;
  std::string detail;  // why it is not up
};

// The seam to the coordinator.
class CoordinatorLink {
 public:
  virtual ~CoordinatorLink() = default;
  // Sends a heartbeat. Ends soon, whatever the coordinator does. Unavailable and DeadlineExceeded
  // if it cannot be reached; other errors are its own.
  virtual async::Task<absl::StatusOr<LeaseAnswer>> Heartbeat(HeartbeatInfo info,
                                                             std::stop_token stop) = 0;
};

class Lease {
 public:
  using Log = std::function<void(bool trouble, const std::string& words)>;

  // `seed` seeds the jitter. `say` gets each change.
  Lease(async::Clock& clock, CoordinatorLink& link, HeartbeatInfo who, std::uint64_t seed, Log say);

  // Keeps the lease until `stop`, then says that the node leaves.
  async::Task<> Keep(std::stop_token stop);
  // Tries again at once, because the connection to the coordinator is gone and may be back soon.
  void Hurry();
  // Says at once that the node takes no new tasks.
  void Drain();
  // Waits until the coordinator has heard that, or could not be reached, or until `stop`.
  async::Task<> DrainTold(std::stop_token stop);

 private:
  // The kind of the last change that was logged.
  enum class Said : std::uint8_t { kNothing, kUp, kUnconnected, kDrained, kRefused, kLost };

  void Note(const absl::StatusOr<LeaseAnswer>& answer);
  void SayOnce(Said what, const std::string& why, const std::string& words);
  async::Duration PauseAfter(const absl::StatusOr<LeaseAnswer>& answer);
  async::Duration Jittered(async::Duration duration);

  async::Clock& clock_;
  CoordinatorLink& link_;
  HeartbeatInfo who_;
  std::mt19937_64 random_;
  const Log log_;
  async::Signal changed_;
  async::Signal told_;
  bool drain_told_ = false;
  async::Duration try_again_{};  // the pause the next time that the coordinator is not reached
  int unconnected_ = 0;          // answers in a row that say kUnconnected
  Said said_ = Said::kNothing;
  std::string said_why_;
};

}  // namespace mlp::node
