#include "services/coordinator/scheduler/candidates.h"

#include <algorithm>
#include <limits>

#include "services/coordinator/scheduler/node_pool.h"

namespace mlp::coordinator {
namespace {

// Returns the `rank`-th of 0, 1, 2 … without `excluded`, which is ascending.
std::size_t SkipTo(std::size_t rank, const std::vector<std::size_t>& excluded) {
  for (const std::size_t each : excluded) {
    if (each > rank) break;
    ++rank;
  }
  return rank;
}

}  // namespace

void Candidates::Exclude(int node) {
  if (!pool_.IsAvailable(node)) return;
  const auto place = std::ranges::lower_bound(excluded_, node);
  if (place == excluded_.end() || *place != node) excluded_.insert(place, node);
}

std::size_t Candidates::size() const { return pool_.by_number_.size() - excluded_.size(); }

Candidate Candidates::At(std::size_t rank) const {
  std::vector<std::size_t> ranks;
  for (const int node : excluded_) ranks.push_back(pool_.by_number_.order_of_key(node));
  return pool_.CandidateOf(*pool_.by_number_.find_by_order(SkipTo(rank, ranks)));
}

std::size_t Candidates::least_active() const {
  const Group group = LeastActive();
  return group.end - group.begin - group.excluded.size();
}

Candidate Candidates::LeastActiveAt(std::size_t rank) const {
  const Group group = LeastActive();
  const std::size_t place = SkipTo(group.begin + rank, group.excluded);
  return pool_.CandidateOf(std::get<2>(*pool_.by_activity_.find_by_order(place)));
}

std::optional<Candidate> Candidates::LeastActiveHolder() const {
  const int fewest = LeastActiveAt(0).active_attempts;
  for (const int node : holders_) {
    const bool may = pool_.IsAvailable(node) && !std::ranges::binary_search(excluded_, node);
    if (may && pool_.At(node).active == fewest) return pool_.CandidateOf(node);
  }
  return std::nullopt;
}

Candidates::Group Candidates::LeastActive() const {
  const auto& order = pool_.by_activity_;
  std::vector<std::size_t> excluded;
  for (const int node : excluded_) {
    excluded.push_back(order.order_of_key(NodePool::ActivityOf(pool_.At(node), node)));
  }
  std::ranges::sort(excluded);
  // The first one that is not excluded has the attempts of the least active ones.
  const int fewest = std::get<0>(*order.find_by_order(SkipTo(0, excluded)));
  const auto least = std::numeric_limits<int>::min();
  Group group;
  group.begin = order.order_of_key({fewest, TimePoint::min(), least});
  group.end = order.order_of_key({fewest + 1, TimePoint::min(), least});
  std::ranges::copy_if(excluded, std::back_inserter(group.excluded), [&](std::size_t place) {
    return place >= group.begin && place < group.end;
  });
  return group;
}

}  // namespace mlp::coordinator
