// The nodes that may be given a shard now, as a policy sees them.
//
// A view of the NodePool without the nodes that must not have this shard. Questions cost
// O(excluded * log nodes). Valid until the pool changes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

class NodePool;

struct Candidate {
  int node = 0;
  std::string_view name;
  int active_attempts = 0;  // dispatched and not ended
  TimePoint free_since;     // when its last attempt ended, or it joined
};

class Candidates {
 public:
  // Takes all available nodes of `pool` but those of `excluded`. Nodes of `holders` have the
  // shard's rows.
  template <class Nodes>
  Candidates(const NodePool& pool, const Nodes& excluded, const std::vector<int>& holders = {})
      : pool_(pool), holders_(holders) {
    for (const int node : excluded) Exclude(node);
  }

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Returns the `rank`-th by node number; `rank` is below size().
  Candidate At(std::size_t rank) const;

  // Count and rank those with the fewest active attempts of all; the one that is free longest comes
  // first. Do not call them if empty().
  std::size_t least_active() const;
  Candidate LeastActiveAt(std::size_t rank) const;
  // Returns one of those that has the shard's rows already; nullopt if none has.
  std::optional<Candidate> LeastActiveHolder() const;

 private:
  void Exclude(int node);  // ignores nodes that are not available
  // Ranks in the pool's order by activity: the begin and the end of the least active ones, and
  // those of them that are excluded (ascending).
  struct Group {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<std::size_t> excluded;
  };
  Group LeastActive() const;

  const NodePool& pool_;
  std::vector<int> holders_;   // a few
  std::vector<int> excluded_;  // available ones, ascending
};

}  // namespace mlp::coordinator
