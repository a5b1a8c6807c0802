// Time and the order of callbacks on one loop thread.
//
// A Clock is the seam between flows and the world they run in: rpc::Loop implements it on a
// completion queue and real time, VirtualClock in tests and simulations. All of it is called on the
// loop thread only. Callbacks run from the loop, never inside the call that scheduled them, so the
// caller need not be ready for re-entry.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace mlp::async {

using Duration = std::chrono::nanoseconds;
// A time that never goes back; its epoch is Unix time as of the start of the process.
using TimePoint = std::chrono::sys_time<Duration>;

class Clock {
 public:
  using TimerId = std::uint64_t;  // never 0

  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
  // Runs `callback` once, at `when` or as soon after as the loop gets to it. Callbacks that are due
  // run in the order of their times; those of equal times run in the order of scheduling. A time in
  // the past means now.
  virtual TimerId Schedule(TimePoint when, std::function<void()> callback) = 0;
  // Forgets a timer. Does nothing if it has run already or `timer` is 0.
  virtual void Cancel(TimerId timer) = 0;

  // Runs `callback` in a later turn of the loop.
  void Post(std::function<void()> callback) { Schedule(TimePoint::min(), std::move(callback)); }
};

}  // namespace mlp::async
