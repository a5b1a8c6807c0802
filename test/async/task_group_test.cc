#include "services/async/task_group.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/async/virtual_clock.h"
#include "services/async/wait.h"

namespace mlp::async {
namespace {

using std::chrono::milliseconds;

Task<> NoteAfter(Clock& clock, Duration delay, char note, std::string& notes) {
  co_await SleepFor(clock, delay);
  notes += note;
}

Task<> NoteWhenJoined(TaskGroup& group, char note, std::string& notes) {
  co_await group.Join();
  notes += note;
}

TEST_CASE("tasks of a group run side by side, and join waits for the last") {
  VirtualClock clock;
  std::string notes;
  TaskGroup group, joiner;
  group.Spawn(NoteAfter(clock, milliseconds(20), 'b', notes));
  group.Spawn(NoteAfter(clock, milliseconds(10), 'a', notes));
  joiner.Spawn(NoteWhenJoined(group, 'j', notes));
  CHECK(group.running() == 2);
  clock.RunAll();
  CHECK(notes == "abj");
  CHECK(group.running() == 0);
}

TEST_CASE("joining a group without tasks returns at once, again and again") {
  std::string notes;
  TaskGroup group, joiner;
  joiner.Spawn(NoteWhenJoined(group, '1', notes));
  joiner.Spawn(NoteWhenJoined(group, '2', notes));
  CHECK(notes == "12");
}

Task<> SpawnAnother(TaskGroup& group, Clock& clock, std::string& notes) {
  co_await SleepFor(clock, milliseconds(1));
  group.Spawn(NoteAfter(clock, milliseconds(1), 'b', notes));
  notes += 'a';
}

TEST_CASE("join also waits for tasks that were started while it waited") {
  VirtualClock clock;
  std::string notes;
  TaskGroup group, joiner;
  group.Spawn(SpawnAnother(group, clock, notes));
  joiner.Spawn(NoteWhenJoined(group, 'j', notes));
  clock.RunAll();
  CHECK(notes == "abj");
}

Task<> HoldOn(Clock& clock, std::shared_ptr<int>) { co_await SleepFor(clock, milliseconds(1)); }

Task<> CountOwners(TaskGroup& group, const std::weak_ptr<int>& owned, long& owners) {
  co_await group.Join();
  owners = owned.use_count();
}

TEST_CASE("a task's parameters are gone before the joiner goes on") {
  VirtualClock clock;
  TaskGroup group, joiner;
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = owned;
  long owners = -1;
  group.Spawn(HoldOn(clock, std::move(owned)));
  joiner.Spawn(CountOwners(group, watched, owners));
  clock.RunAll();
  CHECK(owners == 0);
}

Task<> DestroyWhenJoined(std::optional<TaskGroup>& group) {
  co_await group->Join();
  group.reset();
}

TEST_CASE("the joiner may destroy the group") {
  VirtualClock clock;
  std::string notes;
  std::optional<TaskGroup> group(std::in_place);
  TaskGroup joiner;
  group->Spawn(NoteAfter(clock, milliseconds(1), 'a', notes));
  joiner.Spawn(DestroyWhenJoined(group));
  clock.RunAll();
  CHECK(notes == "a");
  CHECK_FALSE(group.has_value());
}

}  // namespace
}  // namespace mlp::async
