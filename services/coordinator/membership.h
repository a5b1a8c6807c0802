// Which nodes there are, whether they can be given work, and what became of it. Pure bookkeeping.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlp::coordinator {

enum class NodeState : std::uint8_t {
  kUp,       // gets work
  kDown,     // does not answer
  kRefused,  // answers, but its arithmetic differs or it is another node's double
};

// The load that a node injects, as it states it: recorded, so that a job can be replayed with the
// same misfortunes. It decides nothing.
struct NodeLoad {
  double probability = 0;  // 0 to 1
  std::chrono::nanoseconds delay{};
  std::uint64_t seed = 1;
};

struct NodeStatus {
  std::string name;     // as the node says; its address until then
  std::string address;  // host:port
  NodeState state = NodeState::kDown;
  std::string detail = "not asked yet";  // why it is not up
  std::string instance_id;               // of the process that answered last
  NodeLoad load;                         // as that process stated it
  int slots = 0;                         // likewise: attempts it holds at most; 0: as a job says
  int active_attempts = 0;
  std::int64_t finished_attempts = 0;
  std::int64_t rejected_attempts = 0;
  std::int64_t failed_attempts = 0;
};

// What a node says about itself.
struct NodeIdentity {
  std::string name;
  std::string instance_id;
  std::string arithmetic;
  NodeLoad load;
  int slots = 0;
};

class Membership {
 public:
  // `arithmetic`: what nodes must compute with (ArithmeticId()).
  explicit Membership(std::string arithmetic) : arithmetic_(std::move(arithmetic)) {}

  // Adds a node that is down so far; returns its number. An address that is there already keeps its
  // number.
  int Add(const std::string& address);
  // The node answered. It is up afterwards, or refused with the reason in its detail.
  NodeState Answered(int node, const NodeIdentity& identity);
  // The node does not answer.
  void Lost(int node, std::string reason);

  void AttemptBegan(int node) { ++nodes_[Index(node)].active_attempts; }
  enum class AttemptEnd : std::uint8_t { kFinished, kRejected, kFailed, kCancelled };
  void AttemptEnded(int node, AttemptEnd end);

  const std::vector<NodeStatus>& nodes() const { return nodes_; }

 private:
  static std::size_t Index(int node) { return static_cast<std::size_t>(node); }

  std::string arithmetic_;
  std::vector<NodeStatus> nodes_;
};

// Why no node is up, in words: "node-a (10.0.0.1:9091): connection refused; …", or that none is
// configured.
std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes);

}  // namespace mlp::coordinator
