#include "services/async/task.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/async/wait.h"

namespace mlp::async {
namespace {

Task<std::unique_ptr<int>> MakeInt(int value) { co_return std::make_unique<int>(value); }

Task<> Store(int value, int& result) {
  const std::unique_ptr<int> made = co_await MakeInt(value);
  result = *made;
}

TEST_CASE("a task hands over a result that can only be moved") {
  TaskGroup group;
  int result = 0;
  group.Spawn(Store(7, result));
  CHECK(result == 7);
}

TEST_CASE("a task does nothing until it is awaited, and can be dropped before") {
  auto owned = std::make_shared<int>(1);
  bool ran = false;
  const auto flow = [](std::shared_ptr<int>, bool& started) -> Task<> {
    started = true;
    co_return;
  };
  { const Task<> dropped = flow(owned, ran); }
  CHECK_FALSE(ran);
  CHECK(owned.use_count() == 1);
}

Task<int> AddOneLater(Clock& clock, int value) {
  co_await SleepFor(clock, std::chrono::milliseconds(1));
  co_return value + 1;
}

Task<> CountTo(Clock& clock, int end, int& value) {
  while (value < end) value = co_await AddOneLater(clock, value);
}

TEST_CASE("a hundred thousand awaits in one loop do not grow the stack") {
  VirtualClock clock;
  const TimePoint start = clock.Now();
  TaskGroup group;
  int value = 0;
  group.Spawn(CountTo(clock, 100'000, value));
  clock.RunAll();
  CHECK(value == 100'000);
  CHECK(clock.Now() - start == std::chrono::seconds(100));
}

struct Noted {
  Noted(std::vector<int>& notes, int number) : notes(notes), number(number) {}
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;
  ~Noted() { notes.push_back(number); }
  std::vector<int>& notes;
  int number;
};

Task<int> Inner(std::vector<int>& notes) {
  const Noted noted(notes, 1);
  co_return 5;
}

Task<> Outer(std::vector<int>& notes) {
  const Noted noted(notes, 3);
  notes.push_back(co_await Inner(notes));
}

TEST_CASE("a task's locals are gone before its awaiter goes on") {
  std::vector<int> notes;
  TaskGroup group;
  group.Spawn(Outer(notes));
  CHECK(notes == std::vector<int>{1, 5, 3});
}

}  // namespace
}  // namespace mlp::async
