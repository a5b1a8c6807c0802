#include "services/coordinator/scheduler/node_pool.h"

#include <algorithm>

namespace mlp::coordinator {

void NodePool::SetSlots(std::optional<int> slots) {
  if (slots == slots_) return;
  for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) TakeOut(node);
  slots_ = slots;
  for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) PutBack(node);
}

bool NodePool::Join(TimePoint now, int node, std::string name, int slots) {
  nodes_.resize(std::max(nodes_.size(), static_cast<std::size_t>(node) + 1));
  Node& joined = At(node);
  TakeOut(node);
  const bool is_another = !joined.name.empty() && joined.name != name;
  if (is_another) {
    resting_.erase({joined.rest.end, node});
    joined.rest = Rest();
    joined.failures = 0;
  }
  joined.own_slots = slots;
  joined.name = std::move(name);
  joined.heard = now;
  if (!joined.up) {
    joined.up = true;
    ++up_;
    joined.free_since = now;
    if (joined.rest.end > now) resting_.emplace(joined.rest.end, node);
  }
  PutBack(node);
  return is_another;
}

void NodePool::Leave(int node) {
  if (static_cast<std::size_t>(node) >= nodes_.size() || !At(node).up) return;
  TakeOut(node);
  At(node).up = false;
  --up_;
  resting_.erase({At(node).rest.end, node});
}

void NodePool::Begin(int node) {
  TakeOut(node);
  ++At(node).active;
  PutBack(node);
}

void NodePool::End(TimePoint now, int node) {
  TakeOut(node);
  --At(node).active;
  At(node).free_since = now;
  PutBack(node);
}

void NodePool::LetRest(TimePoint now, int node, std::chrono::nanoseconds pause, RestCause cause) {
  Node& tired = At(node);
  const Rest rest{now, now + pause, cause};
  if (rest.end <= tired.rest.end) return;
  TakeOut(node);
  resting_.erase({tired.rest.end, node});
  tired.rest = rest;
  if (tired.up) resting_.emplace(rest.end, node);
}

void NodePool::Wake(TimePoint now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const int node = resting_.begin()->second;
    resting_.erase(resting_.begin());
    PutBack(node);
  }
}

std::optional<TimePoint> NodePool::NextWake() const {
  if (resting_.empty()) return std::nullopt;
  return resting_.begin()->first;
}

Candidate NodePool::CandidateOf(int number) const {
  const Node& node = At(number);
  return {number, node.name, node.active, node.free_since};
}

void NodePool::TakeOut(int number) {
  Node& node = At(number);
  if (!std::exchange(node.available, false)) return;
  by_number_.erase(number);
  by_activity_.erase(ActivityOf(node, number));
}

void NodePool::PutBack(int number) {
  Node& node = At(number);
  const bool rests = resting_.contains({node.rest.end, number});
  node.available = node.up && !rests && !IsFull(number);
  if (!node.available) return;
  by_number_.insert(number);
  by_activity_.insert(ActivityOf(node, number));
}

}  // namespace mlp::coordinator
