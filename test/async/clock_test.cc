#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "services/async/timer_queue.h"
#include "services/async/virtual_clock.h"

namespace mlp::async {
namespace {

using std::chrono::milliseconds;

TEST_CASE("timers run by time, and equal times in the order of scheduling") {
  VirtualClock clock;
  const TimePoint start = clock.Now();
  std::string order;
  clock.Schedule(start + milliseconds(20), [&] { order += 'c'; });
  clock.Schedule(start + milliseconds(10), [&] { order += 'a'; });
  clock.Schedule(start + milliseconds(10), [&] { order += 'b'; });
  clock.RunAll();
  CHECK(order == "abc");
  CHECK(clock.Now() == start + milliseconds(20));
}

TEST_CASE("a post does not overtake a timer that is due") {
  VirtualClock clock;
  std::string order;
  clock.Schedule(clock.Now(), [&] { order += 't'; });
  clock.Post([&] { order += 'p'; });
  clock.Schedule(TimePoint::min(), [&] { order += 'm'; });
  clock.RunAll();
  CHECK(order == "tpm");
}

TEST_CASE("nothing runs inside the call that schedules it") {
  VirtualClock clock;
  std::string order;
  clock.Post([&] {
    clock.Post([&] { order += 'b'; });
    order += 'a';
  });
  CHECK(order.empty());
  clock.RunAll();
  CHECK(order == "ab");
}

TEST_CASE("a cancelled timer never runs, not even one that is already due") {
  VirtualClock clock;
  int runs = 0;
  Clock::TimerId later = 0;
  clock.Post([&] { clock.Cancel(later); });
  later = clock.Schedule(clock.Now(), [&] { ++runs; });
  clock.RunAll();
  CHECK(runs == 0);
  clock.Cancel(later);
  clock.Cancel(0);
}

TEST_CASE("virtual time stops where it was told to") {
  VirtualClock clock;
  const TimePoint start = clock.Now();
  int runs = 0;
  clock.Schedule(start + milliseconds(10), [&] { ++runs; });
  clock.Schedule(start + milliseconds(11), [&] { ++runs; });
  clock.RunFor(milliseconds(10));
  CHECK(runs == 1);
  CHECK(clock.Now() == start + milliseconds(10));
  clock.RunUntil(start);
  CHECK(clock.Now() == start + milliseconds(10));
  CHECK(clock.RunOne());
  CHECK_FALSE(clock.RunOne());
  CHECK(runs == 2);
}

TEST_CASE("a turn takes nothing that was added during the turn") {
  TimerQueue timers;
  const TimePoint now{milliseconds(5)};
  std::string order;
  timers.Add(now - milliseconds(1), [&] { order += 'a'; });
  timers.Add(now, [&] { order += 'b'; });
  timers.Add(now + milliseconds(1), [&] { order += 'x'; });
  const Clock::TimerId newest = timers.last_id();
  timers.Add(now, [&] { order += 'c'; });
  while (const auto callback = timers.TakeDue(now, newest)) callback();
  CHECK(order == "ab");
  while (const auto callback = timers.TakeDue(now, timers.last_id())) callback();
  CHECK(order == "abc");
  CHECK(timers.Earliest() == now + milliseconds(1));
}

}  // namespace
}  // namespace mlp::async
