#include "services/coordinator/scheduler/node_pool.h"

#include <algorithm>

namespace mlp::coordinator {

void NodePool::Join(TimePoint now, int node, std::string name) {
  nodes_.resize(std::max(nodes_.size(), static_cast<std::size_t>(node) + 1));
  Node& joined = At(node);
  joined.name = std::move(name);
  if (joined.up) return;
  joined.up = true;
  ++up_;
  joined.free_since = now;
  if (joined.rests_until > now) resting_.emplace(joined.rests_until, node);
  UpdateAvailable(node);
}

void NodePool::Leave(int node) {
  if (static_cast<std::size_t>(node) >= nodes_.size() || !At(node).up) return;
  At(node).up = false;
  --up_;
  resting_.erase({At(node).rests_until, node});
  UpdateAvailable(node);
}

void NodePool::Begin(int node) {
  ++At(node).active;
  UpdateAvailable(node);
}

void NodePool::End(TimePoint now, int node) {
  --At(node).active;
  At(node).free_since = now;
  UpdateAvailable(node);
}

void NodePool::Rest(int node, TimePoint until) {
  Node& tired = At(node);
  if (until <= tired.rests_until) return;
  resting_.erase({tired.rests_until, node});
  tired.rests_until = until;
  if (tired.up) resting_.emplace(until, node);
  UpdateAvailable(node);
}

void NodePool::Wake(TimePoint now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const int node = resting_.begin()->second;
    resting_.erase(resting_.begin());
    UpdateAvailable(node);
  }
}

std::optional<TimePoint> NodePool::NextWake() const {
  if (resting_.empty()) return std::nullopt;
  return resting_.begin()->first;
}

std::vector<Candidate> NodePool::Candidates() const {
  std::vector<Candidate> candidates;
  candidates.reserve(available_.size());
  for (const int number : available_) {
    const Node& node = nodes_[static_cast<std::size_t>(number)];
    candidates.push_back({number, node.name, node.active, node.free_since});
  }
  return candidates;
}

void NodePool::UpdateAvailable(int node) {
  const Node& changed = At(node);
  const bool rests = resting_.contains({changed.rests_until, node});
  if (changed.up && !rests && (!slots_ || changed.active < *slots_)) {
    available_.insert(node);
  } else {
    available_.erase(node);
  }
}

}  // namespace mlp::coordinator
