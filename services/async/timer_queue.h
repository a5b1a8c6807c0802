// The timers of a Clock, ordered by time and then by scheduling. It has no time of its own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "services/async/clock.h"

namespace mlp::async {

class TimerQueue {
 public:
  Clock::TimerId Add(TimePoint when, std::function<void()> callback) {
    const Clock::TimerId id = ++last_id_;
    timers_.emplace(std::pair(when, id), std::move(callback));
    times_.emplace(id, when);
    return id;
  }

  void Remove(Clock::TimerId id) {
    const auto found = times_.find(id);
    if (found == times_.end()) return;
    timers_.erase({found->second, id});
    times_.erase(found);
  }

  std::optional<TimePoint> Earliest() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first.first;
  }

  // Takes out the first callback that is due at `now`; empty if there is none, or if the first is
  // newer than `newest`.
  std::function<void()> TakeDue(TimePoint now, Clock::TimerId newest) {
    if (timers_.empty()) return nullptr;
    const auto [when, id] = timers_.begin()->first;
    if (when > now || id > newest) return nullptr;
    auto node = timers_.extract(timers_.begin());
    times_.erase(node.key().second);
    return std::move(node.mapped());
  }

  // The newest id given out. A turn of the loop runs nothing that was added during that turn.
  Clock::TimerId last_id() const { return last_id_; }

 private:
  std::map<std::pair<TimePoint, Clock::TimerId>, std::function<void()>> timers_;
  std::unordered_map<Clock::TimerId, TimePoint> times_;
  Clock::TimerId last_id_ = 0;
};

}  // namespace mlp::async
