// The clock of one simulated process: it can be frozen, as by SIGSTOP, and jump ahead, as on a
// machine that was suspended. Single-threaded, like the world's clock that it runs on.
#pragma once

#include <functional>
#include <utility>

#include "services/async/timer_queue.h"
#include "services/async/virtual_clock.h"

namespace mlp::chaos {

class ProcessClock final : public async::Clock {
 public:
  // The clock is `ahead` of the world's time; that may be negative.
  ProcessClock(async::VirtualClock& world, async::Duration ahead) : world_(world), ahead_(ahead) {}
  ~ProcessClock() override { world_.Cancel(armed_); }
  ProcessClock(const ProcessClock&) = delete;
  ProcessClock& operator=(const ProcessClock&) = delete;

  async::TimePoint Now() const override { return world_.Now() + ahead_; }
  TimerId Schedule(async::TimePoint when, std::function<void()> callback) override {
    const TimerId id = timers_.Add(std::max(when, Now()), std::move(callback));
    Arm();
    return id;
  }
  void Cancel(TimerId timer) override { timers_.Remove(timer); }

  // Stops all callbacks until Thaw; time goes on.
  void Freeze() { frozen_ = true; }
  void Thaw() {
    frozen_ = false;
    Arm();
  }
  bool frozen() const { return frozen_; }
  void Jump(async::Duration ahead) {
    ahead_ += ahead;
    Arm();
  }
  async::Duration ahead() const { return ahead_; }

 private:
  // Sets one timer of the world for the first of this process's.
  void Arm() {
    const auto earliest = timers_.Earliest();
    if (frozen_ || !earliest) return;
    world_.Cancel(armed_);
    armed_ = world_.Schedule(*earliest - ahead_, [this] { RunFirst(); });
  }
  // Runs one callback a turn, so that a crash may come between any two.
  void RunFirst() {
    armed_ = 0;
    if (frozen_) return;
    const auto callback = timers_.TakeDue(Now(), timers_.last_id());
    Arm();
    if (callback) callback();
  }

  async::VirtualClock& world_;
  async::Duration ahead_;
  async::TimerQueue timers_;
  TimerId armed_ = 0;
  bool frozen_ = false;
};

}  // namespace mlp::chaos
