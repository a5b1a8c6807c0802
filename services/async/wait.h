// Waiting for a time or for a signal, interruptible. Loop thread only: a stop that is requested on
// another thread must be posted to the loop first.
#pragma once

#include <coroutine>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "services/async/clock.h"

namespace mlp::async {

// Wakes every flow that waits for "something changed".
class Signal;

namespace internal {

// Suspends until a time, a signal or a stop, whichever comes first.
class WaitAwaiter {
 public:
  WaitAwaiter(Clock& clock, std::optional<TimePoint> until, Signal* signal, std::stop_token stop)
      : clock_(clock), until_(until), signal_(signal), stop_(std::move(stop)) {}
  WaitAwaiter(const WaitAwaiter&) = delete;
  WaitAwaiter& operator=(const WaitAwaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  inline void await_suspend(std::coroutine_handle<> waiter);
  // False if it was stopped.
  bool await_resume() const { return !stop_.stop_requested(); }

  void Wake() {
    if (woken_) return;
    woken_ = true;
    clock_.Cancel(timer_);
    clock_.Post([this] { Resume(); });
  }

 private:
  inline void Resume();

  Clock& clock_;
  std::optional<TimePoint> until_;
  Signal* signal_;
  std::stop_token stop_;
  std::coroutine_handle<> waiter_;
  Clock::TimerId timer_ = 0;
  bool woken_ = false;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace internal

class Signal {
 public:
  explicit Signal(Clock& clock) : clock_(clock) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Wakes all flows that wait now; a flow that waits afterwards waits for the next call.
  void Notify() {
    for (internal::WaitAwaiter* waiter : std::exchange(waiters_, {})) waiter->Wake();
  }
  // co_await signal.Wait(stop) returns true when notified, false when stopped.
  internal::WaitAwaiter Wait(std::stop_token stop = {}) {
    return internal::WaitAwaiter(clock_, std::nullopt, this, std::move(stop));
  }
  // The same, but waits no longer than until `when`, and then returns true, too.
  internal::WaitAwaiter WaitUntil(TimePoint when, std::stop_token stop = {}) {
    return internal::WaitAwaiter(clock_, when, this, std::move(stop));
  }

 private:
  friend class internal::WaitAwaiter;
  Clock& clock_;
  std::vector<internal::WaitAwaiter*> waiters_;
};

// co_await SleepUntil(clock, when, stop) returns true when the time has come, false when stopped.
inline internal::WaitAwaiter SleepUntil(Clock& clock, TimePoint when, std::stop_token stop = {}) {
  return internal::WaitAwaiter(clock, when, nullptr, std::move(stop));
}
inline internal::WaitAwaiter SleepFor(Clock& clock, Duration duration, std::stop_token stop = {}) {
  return SleepUntil(clock, clock.Now() + duration, std::move(stop));
}

inline void internal::WaitAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  waiter_ = waiter;
  if (signal_ != nullptr) signal_->waiters_.push_back(this);
  if (until_) {
    timer_ = clock_.Schedule(*until_, [this] {
      woken_ = true;
      Resume();
    });
  }
  on_stop_.emplace(stop_, [this] { Wake(); });  // runs at once if the stop came first
}

inline void internal::WaitAwaiter::Resume() {
  on_stop_.reset();
  if (signal_ != nullptr) std::erase(signal_->waiters_, this);
  waiter_.resume();
}

}  // namespace mlp::async
