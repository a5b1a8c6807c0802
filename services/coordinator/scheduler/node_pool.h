// The nodes as the scheduler sees them: who is up, who has a free slot, who rests for a while.
//
// Nodes are known by small numbers. All operations cost O(log nodes).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "services/coordinator/scheduler/candidates.h"
#include "services/coordinator/scheduler/ranked_set.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

class NodePool {
 public:
  struct Rest {
    TimePoint begin;
    TimePoint end;
    RestCause cause = RestCause::kRejection;
  };

  // Sets the number of attempts that a node may hold at once; nullopt, as in the beginning: any
  // number. A change costs O(nodes log nodes).
  void SetSlots(std::optional<int> slots);
  std::optional<int> slots() const { return slots_; }
  // Returns the number that this node may hold: the smaller of the two limits.
  std::optional<int> SlotsOf(int node) const {
    const int own = At(node).own_slots;
    if (own == 0) return slots_;
    return slots_ ? std::min(own, *slots_) : own;
  }

  // Joining twice and leaving twice are fine. A node's rest and failures outlive its absence. True
  // if the number had another name before: it is another node, which has neither. `slots`: attempts
  // that this node holds at most, whatever SetSlots says; 0: no such limit.
  bool Join(TimePoint now, int node, std::string name, int slots = 0);
  void Leave(int node);

  // An attempt on `node` begins or ends. The node must have joined before.
  void Begin(int node);
  void End(TimePoint now, int node);

  // Count an attempt of the node that has started, or that has ended after it had started.
  void BeginComputing(int node) { ++At(node).computing; }
  void EndComputing(int node) { --At(node).computing; }
  bool IsComputing(int node) const { return At(node).computing > 0; }

  // Notes a sign of life of the node.
  void Hear(TimePoint now, int node) { At(node).heard = now; }
  TimePoint last_heard(int node) const { return At(node).heard; }

  // Gives `node` nothing for `pause`, or until its present rest ends, whichever is later.
  void LetRest(TimePoint now, int node, std::chrono::nanoseconds pause, RestCause cause);
  // The last rest of the node, which may be over.
  const Rest& last_rest(int node) const { return At(node).rest; }
  // Ends the rests that are over.
  void Wake(TimePoint now);
  // Returns the end of the first rest of a node that is up.
  std::optional<TimePoint> NextWake() const;
  // The nodes that are up and rest, with the end of their rests, the first to end first.
  const std::set<std::pair<TimePoint, int>>& resting() const { return resting_; }

  // Counts one more failure; returns how many there were in a row.
  int CountFailure(int node) { return ++At(node).failures; }
  void ForgetFailures(int node) { At(node).failures = 0; }

  const std::string& name(int node) const { return At(node).name; }
  bool IsUp(int node) const { return At(node).up; }
  int up() const { return up_; }
  // All nodes' numbers are below this.
  int end() const { return static_cast<int>(nodes_.size()); }
  bool IsIdle(int node) const { return At(node).active == 0; }
  // True if the node holds as many attempts as it has slots.
  bool IsFull(int node) const {
    const std::optional<int> slots = SlotsOf(node);
    return slots && At(node).active >= *slots;
  }
  // True if the node may be given an attempt now: it is up, does not rest and has a free slot.
  bool IsAvailable(int node) const { return At(node).available; }
  bool AnyAvailable() const { return !by_number_.empty(); }
  // True if an available node has no active attempt.
  bool AnyIdle() const { return AnyAvailable() && std::get<0>(*by_activity_.begin()) == 0; }

 private:
  friend class Candidates;

  struct Node {
    std::string name;
    bool up = false;
    bool available = false;
    int active = 0;     // attempts that have begun and not ended
    int computing = 0;  // active ones that have started
    int failures = 0;   // in a row
    int own_slots = 0;  // 0: no limit of its own
    TimePoint free_since;
    Rest rest;
    TimePoint heard;
  };
  using Activity = std::tuple<int, TimePoint, int>;  // active attempts, free since, number

  Node& At(int node) { return nodes_[static_cast<std::size_t>(node)]; }
  const Node& At(int node) const { return nodes_[static_cast<std::size_t>(node)]; }
  static Activity ActivityOf(const Node& node, int number) {
    return {node.active, node.free_since, number};
  }
  Candidate CandidateOf(int node) const;
  // Take the node out of the sets before its state changes, and put it back afterwards, if it is
  // available.
  void TakeOut(int node);
  void PutBack(int node);

  std::optional<int> slots_;
  std::vector<Node> nodes_;  // keyed by number
  int up_ = 0;
  RankedSet<int> by_number_;                     // available nodes
  RankedSet<Activity> by_activity_;              // the same
  std::set<std::pair<TimePoint, int>> resting_;  // end of the rest and number of nodes that are up
};

}  // namespace mlp::coordinator
