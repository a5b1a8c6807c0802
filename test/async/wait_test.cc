#include "services/async/wait.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <stop_token>
#include <string>

#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"

namespace mlp::async {
namespace {

using std::chrono::milliseconds;

// Notes 't' if the time came or the signal was given, 's' if it was stopped.
Task<> Sleep(Clock& clock, Duration duration, std::stop_token stop, std::string& notes) {
  const bool time_came = co_await SleepFor(clock, duration, stop);
  notes += time_came ? 't' : 's';
}
Task<> Wait(Signal& signal, std::stop_token stop, std::string& notes) {
  const bool given = co_await signal.Wait(stop);
  notes += given ? 't' : 's';
}
Task<> WaitTwice(Signal& signal, std::string& notes) {
  co_await signal.Wait();
  notes += '1';
  co_await signal.Wait();
  notes += '2';
}

struct WaitFixture {
  VirtualClock clock;
  TimePoint start = clock.Now();
  Signal signal{clock};
  std::stop_source stop;
  std::string notes;
  TaskGroup group;
};

TEST_CASE_METHOD(WaitFixture, "a sleep ends when the time has come") {
  group.Spawn(Sleep(clock, milliseconds(10), stop.get_token(), notes));
  clock.RunFor(milliseconds(9));
  CHECK(notes.empty());
  clock.RunFor(milliseconds(1));
  CHECK(notes == "t");
  stop.request_stop();
  clock.RunAll();
  CHECK(notes == "t");
}

TEST_CASE_METHOD(WaitFixture, "a stop ends a sleep early, in a later turn") {
  group.Spawn(Sleep(clock, milliseconds(10), stop.get_token(), notes));
  stop.request_stop();
  CHECK(notes.empty());
  clock.RunAll();
  CHECK(notes == "s");
  CHECK(clock.Now() == start);
}

TEST_CASE_METHOD(WaitFixture, "a stop that came first ends a sleep, although it still suspends") {
  stop.request_stop();
  group.Spawn(Sleep(clock, milliseconds(10), stop.get_token(), notes));
  CHECK(notes.empty());
  clock.RunAll();
  CHECK(notes == "s");
  CHECK(clock.Now() == start);
}

TEST_CASE_METHOD(WaitFixture, "a stop at the very moment of waking resumes once") {
  SECTION("before the timer") {
    clock.Schedule(start + milliseconds(10), [&] { stop.request_stop(); });
    group.Spawn(Sleep(clock, milliseconds(10), stop.get_token(), notes));
  }
  SECTION("after the timer") {
    group.Spawn(Sleep(clock, milliseconds(10), stop.get_token(), notes));
    clock.Schedule(start + milliseconds(10), [&] { stop.request_stop(); });
  }
  clock.RunAll();
  CHECK(notes.size() == 1);
}

TEST_CASE_METHOD(WaitFixture, "a signal wakes all who wait, and none who come later") {
  group.Spawn(WaitTwice(signal, notes));
  group.Spawn(WaitTwice(signal, notes));
  clock.RunAll();
  CHECK(notes.empty());
  signal.Notify();
  clock.RunAll();
  CHECK(notes == "11");
  signal.Notify();
  clock.RunAll();
  CHECK(notes == "1122");
}

TEST_CASE_METHOD(WaitFixture, "one of several waiters can be stopped") {
  group.Spawn(Wait(signal, stop.get_token(), notes));
  group.Spawn(Wait(signal, {}, notes));
  stop.request_stop();
  clock.RunAll();
  CHECK(notes == "s");
  signal.Notify();
  clock.RunAll();
  CHECK(notes == "st");
}

TEST_CASE_METHOD(WaitFixture,
                 "a waiter that is both notified and stopped is resumed once, as stopped") {
  group.Spawn(Wait(signal, stop.get_token(), notes));
  SECTION("notified first") {
    signal.Notify();
    stop.request_stop();
  }
  SECTION("stopped first") {
    stop.request_stop();
    signal.Notify();
  }
  clock.RunAll();
  CHECK(notes == "s");
}

}  // namespace
}  // namespace mlp::async
