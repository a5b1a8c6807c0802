#include "services/rpc/loop.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "services/async/task_group.h"
#include "services/async/wait.h"

namespace mlp::rpc {
namespace {

using std::chrono::milliseconds;

TEST_CASE("posts from several threads all run on the loop thread, each thread's in its order") {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2500;
  Loop loop;
  std::vector<std::vector<int>> seen(kThreads);
  std::size_t total = 0, elsewhere = 0;
  const auto note = [&, loop_thread = std::this_thread::get_id()](int thread, int i) {
    elsewhere += std::this_thread::get_id() != loop_thread;
    seen[thread].push_back(i);
    if (++total == kThreads * kPosts) loop.Shutdown();
  };
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kPosts; ++i) loop.PostFromAnyThread([&, thread, i] { note(thread, i); });
    });
  }
  loop.Run();
  CHECK(elsewhere == 0);
  for (const std::vector<int>& each : seen) {
    CHECK(each.size() == kPosts);
    CHECK(std::is_sorted(each.begin(), each.end()));
  }
}

TEST_CASE("a turn that keeps the others waiting for more than a millisecond is counted") {
  Loop loop;
  loop.PostFromAnyThread([] {
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began <= 2 * LoopTurns::kLong) {
    }
  });
  loop.PostFromAnyThread([&] { loop.Shutdown(); });
  loop.Run();
  CHECK(loop.turns().all > 0);
  CHECK(loop.turns().long_ones >= 1);
  CHECK(loop.turns().longest > 2 * LoopTurns::kLong);
}

TEST_CASE("precise timers run well within a millisecond, and never early") {
  constexpr int kTimers = 50;
  constexpr auto kAfter = std::chrono::microseconds(200);
  Loop loop;
  loop.UsePreciseTimers();
  async::Duration earliest =
      std::chrono::hours(1);  // the earliest of all, one after another; a busy machine delays some
  int ran = 0;
  std::function<void()> next = [&] {
    const async::TimePoint scheduled = loop.Now();
    loop.Schedule(scheduled + kAfter, [&, scheduled] {
      earliest = std::min(earliest, loop.Now() - scheduled);
      if (++ran == kTimers) return loop.Shutdown();
      next();
    });
  };
  next();
  loop.Run();
  CHECK(earliest >= kAfter);
  CHECK(earliest < milliseconds(1));
}

TEST_CASE("a timer that is due runs in the next turn instead of in the next millisecond") {
  constexpr int kTimers = 5000;
  Loop loop;
  int run = 0;
  std::function<void()> again = [&] {
    if (++run == kTimers) return loop.Shutdown();
    loop.Schedule(loop.Now(), again);
  };
  loop.Schedule(loop.Now(), again);
  bool late = false;  // a millisecond each would be 5 s
  loop.Schedule(loop.Now() + std::chrono::seconds(2), [&] {
    late = true;
    loop.Shutdown();
  });
  loop.Run();
  CHECK(run == kTimers);
  CHECK_FALSE(late);
}

TEST_CASE("timers run in order and never early") {
  Loop loop;
  const async::TimePoint start = loop.Now();
  async::Duration second_ran_after{};
  std::string order;
  loop.Schedule(start + milliseconds(30), [&] {
    order += 'b';
    second_ran_after = loop.Now() - start;
    loop.Shutdown();
  });
  loop.Schedule(start + milliseconds(10), [&] { order += 'a'; });
  const auto cancelled = loop.Schedule(start + milliseconds(20), [&] { order += 'x'; });
  loop.Cancel(cancelled);
  loop.Run();
  CHECK(order == "ab");
  CHECK(second_ran_after >= milliseconds(30));
}

TEST_CASE("a flow that always posts again does not starve posts from other threads") {
  Loop loop;
  int turns = 0;
  std::function<void()> again = [&] {
    ++turns;
    loop.Post(again);
  };
  loop.Post(again);
  int arrived = 0;
  std::function<void()> arrive = [&] {
    if (++arrived == 3) return loop.Shutdown();
    loop.PostFromAnyThread(arrive);
  };
  loop.PostFromAnyThread(arrive);
  loop.Run();
  CHECK(arrived == 3);
  CHECK(turns >= 3);
}

TEST_CASE("after its shutdown a loop drops what is posted and what was scheduled") {
  Loop loop;
  int runs = 0;
  loop.Post([&] {
    loop.PostFromAnyThread([&] { loop.Shutdown(); });
    loop.PostFromAnyThread([&] { ++runs; });  // the same batch as the shutdown
    loop.Schedule(loop.Now() + milliseconds(1), [&] { ++runs; });
  });
  loop.Run();
  loop.PostFromAnyThread([&] { ++runs; });
  CHECK(runs == 0);
}

TEST_CASE("a loop's time is Unix time") {
  const Loop loop;
  const auto difference = loop.Now() - async::TimePoint(std::chrono::system_clock::now());
  CHECK(std::chrono::abs(difference) < std::chrono::seconds(5));
}

async::Task<> Sleep(Loop& loop, int times) {
  for (int i = 0; i < times; ++i) co_await async::SleepFor(loop, async::Duration(1));
  loop.Shutdown();
}

TEST_CASE("flows written for virtual time sleep on a real loop") {
  Loop loop;
  async::TaskGroup group;
  group.Spawn(Sleep(loop, 100));
  loop.Run();
  CHECK(group.running() == 0);
}

}  // namespace
}  // namespace mlp::rpc
