// A Clock whose time stands still until there is nothing left to do, then jumps to the next timer.
// Thousands of simulated seconds pass in an instant, and the same program always takes the same
// course. Single-threaded.
#pragma once

#include <algorithm>
#include <utility>

#include "services/async/timer_queue.h"

namespace mlp::async {

class VirtualClock final : public Clock {
 public:
  TimePoint Now() const override { return now_; }
  TimerId Schedule(TimePoint when, std::function<void()> callback) override {
    return timers_.Add(std::max(when, now_), std::move(callback));
  }
  void Cancel(TimerId timer) override { timers_.Remove(timer); }

  // Runs the next timer, moving time to it. False if there is none.
  bool RunOne() {
    const auto next = timers_.Earliest();
    if (!next) return false;
    now_ = *next;
    timers_.TakeDue(now_, timers_.last_id())();
    return true;
  }
  // Runs timers until none is left.
  void RunAll() {
    while (RunOne()) {
    }
  }
  // Runs the timers that are due up to `when`, then stands at `when`.
  void RunUntil(TimePoint when) {
    while (timers_.Earliest() && *timers_.Earliest() <= when) RunOne();
    now_ = std::max(now_, when);
  }
  void RunFor(Duration duration) { RunUntil(now_ + duration); }

 private:
  TimerQueue timers_;
  TimePoint now_{std::chrono::seconds(1'000'000'000)};
};

}  // namespace mlp::async
