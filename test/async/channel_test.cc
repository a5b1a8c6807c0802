#include "services/async/channel.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"

namespace mlp::async {
namespace {

using std::chrono::milliseconds;

// Takes `count` items, or notes -1 for each deadline that passed first.
Task<> Take(Channel<int>& channel, int count, std::optional<TimePoint> deadline,
            std::vector<int>& taken) {
  for (int i = 0; i < count; ++i) {
    const std::optional<int> item = co_await channel.NextBefore(deadline);
    taken.push_back(item.value_or(-1));
  }
}

struct ChannelFixture {
  VirtualClock clock;
  Channel<int> channel{clock};
  std::vector<int> taken;
  TaskGroup group;
};

TEST_CASE_METHOD(ChannelFixture, "items come out in the order in which they went in") {
  channel.Push(1);
  channel.Push(2);
  group.Spawn(Take(channel, 4, std::nullopt, taken));
  channel.Push(3);
  clock.RunAll();
  CHECK(taken == std::vector<int>{1, 2, 3});
  channel.Push(4);
  CHECK(taken.size() == 3);  // never inside Push
  clock.RunAll();
  CHECK(taken == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE_METHOD(ChannelFixture, "a deadline that passes first gives nothing") {
  const TimePoint deadline = clock.Now() + milliseconds(10);
  group.Spawn(Take(channel, 1, deadline, taken));
  clock.RunAll();
  CHECK(taken == std::vector<int>{-1});
  CHECK(clock.Now() == deadline);
  channel.Push(5);  // nobody waits
  clock.RunAll();
  CHECK(taken.size() == 1);
}

TEST_CASE_METHOD(ChannelFixture,
                 "an item that is there is taken although the deadline has passed") {
  channel.Push(1);
  group.Spawn(Take(channel, 2, clock.Now() - milliseconds(1), taken));
  clock.RunAll();
  CHECK(taken == std::vector<int>{1, -1});
}

TEST_CASE_METHOD(ChannelFixture,
                 "an item that arrives before the deadline leaves no timer behind") {
  const TimePoint start = clock.Now();
  group.Spawn(Take(channel, 1, start + milliseconds(10), taken));
  channel.Push(1);
  clock.RunAll();
  CHECK(taken == std::vector<int>{1});
  CHECK(clock.Now() == start);
}

TEST_CASE_METHOD(ChannelFixture, "an item that arrives at the deadline wakes the consumer once") {
  const TimePoint deadline = clock.Now() + milliseconds(10);
  SECTION("before the deadline's timer runs") {
    clock.Schedule(deadline, [&] { channel.Push(1); });
    group.Spawn(Take(channel, 1, deadline, taken));
  }
  SECTION("after it") {
    group.Spawn(Take(channel, 2, deadline, taken));
    clock.Schedule(deadline, [&] { channel.Push(1); });
  }
  clock.RunAll();
  CHECK(group.running() == 0);
  CHECK(taken.back() == 1);
}

TEST_CASE_METHOD(ChannelFixture, "a consumer's endless loop lets others have their turn") {
  for (int i = 0; i < 100'000; ++i) channel.Push(i);
  group.Spawn(Take(channel, 100'000, std::nullopt, taken));
  clock.RunOne();
  std::size_t taken_before_post = 0;
  clock.Post([&] { taken_before_post = taken.size(); });
  clock.RunAll();
  CHECK(taken_before_post == 2);
  CHECK(taken.size() == 100'000);
}

}  // namespace
}  // namespace mlp::async
