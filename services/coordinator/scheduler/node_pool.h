// The nodes as the scheduler sees them: who is up, who has a free slot, who rests for a while.
//
// Nodes are known by small numbers. All operations cost O(log nodes) but Candidates().
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class NodePool {
 public:
  // slots: attempts a node may hold at once; nullopt: any number.
  explicit NodePool(std::optional<int> slots) : slots_(slots) {}

  // Joining twice and leaving twice are fine. What a node rests and failed outlives its absence.
  void Join(TimePoint now, int node, std::string name);
  void Leave(int node);

  // An attempt on `node` begins or ends. The node must have joined before.
  void Begin(int node);
  void End(TimePoint now, int node);

  // `node` gets nothing before `until`.
  void Rest(int node, TimePoint until);
  // Ends the rests that are over.
  void Wake(TimePoint now);
  // When the first rest of a node that is up is over.
  std::optional<TimePoint> NextWake() const;

  // Counts one more failure; returns how many there were in a row.
  int CountFailure(int node) { return ++At(node).failures; }
  void ForgetFailures(int node) { At(node).failures = 0; }

  const std::string& name(int node) const { return nodes_[static_cast<std::size_t>(node)].name; }
  bool IsUp(int node) const { return nodes_[static_cast<std::size_t>(node)].up; }
  int up() const { return up_; }
  // May be given an attempt now: up, not resting, a slot free.
  bool IsAvailable(int node) const { return available_.contains(node); }
  // All that are available, by number. Valid until the next Join or Leave.
  std::vector<Candidate> Candidates() const;

 private:
  struct Node {
    std::string name;
    bool up = false;
    int active = 0;    // attempts that have begun and not ended
    int failures = 0;  // in a row
    TimePoint free_since;
    TimePoint rests_until;
  };

  Node& At(int node) { return nodes_[static_cast<std::size_t>(node)]; }
  void UpdateAvailable(int node);

  std::optional<int> slots_;
  std::vector<Node> nodes_;  // by number
  int up_ = 0;
  std::set<int> available_;
  std::set<std::pair<TimePoint, int>> resting_;  // rests_until and number of nodes that are up
};

}  // namespace mlp::coordinator
