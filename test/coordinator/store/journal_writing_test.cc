// Tests of what the journal writes to the store, when, and who hears of it.

#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "libmlp/model/parameters.h"
#include "services/attempt/trained.h"
#include "services/coordinator/store/journal.h"
#include "test/coordinator/store/journal_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace test;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

using Sizes = std::vector<std::size_t>;

std::vector<int> RoundsOf(const JobProgress& progress) {
  std::vector<int> rounds;
  for (const auto& [round, parameters] : progress.rounds) rounds.push_back(round);
  return rounds;
}

TEST_CASE_METHOD(JournalFixture, "A job is saved as it stands when its state or its round changes",
                 "[journal]") {
  REQUIRE(Open().ok());
  const auto saved_sequence = [this] {
    Write();
    return store.memory.Load().value().jobs.at(0).sequence;
  };
  const std::string id = CreateJob();
  CHECK(saved_sequence() == 0);
  Enter(id, JobState::kRunning);
  CHECK(saved_sequence() == 1);
  Dispatch(id);
  CHECK(saved_sequence() == 1);
  journal->Record(id, 1, events::RoundFinished{});
  CHECK(saved_sequence() == 3);
}

TEST_CASE_METHOD(JournalFixture, "An event has the time at which it happened, and its round",
                 "[journal]") {
  REQUIRE(Open().ok());
  const std::string id = CreateJob();
  const async::TimePoint before = clock.Now();
  clock.RunFor(5s);
  Dispatch(id);
  journal->RecordAt(before, id, 2, events::RoundFinished{});
  Write();
  const absl::StatusOr<SharedEvents> found = ReadEvents(id, 1);
  REQUIRE(found.ok());
  REQUIRE(found->size() == 2);
  CHECK((*found)[0]->time == before + 5s);
  CHECK((*found)[0]->round == 1);
  CHECK((*found)[1]->time == before);
  CHECK((*found)[1]->round == 2);
}

TEST_CASE_METHOD(JournalFixture, "The models of jobs and imported ones are stored", "[journal]") {
  REQUIRE(Open().ok());
  const change::SaveModel imported = Imported(3, "model-3");
  journal->SaveModel(imported.record, imported.model);
  const std::string id = CreateJob();
  journal->EndJob(id, imported.model);
  Write();
  CHECK(store.memory.GetModel("model-3").value() == imported.model);
  CHECK(store.memory.GetModel(id).value() == imported.model);
}

TEST_CASE_METHOD(JournalFixture, "The last checkpoints are kept, and the best one beside them",
                 "[journal]") {
  REQUIRE(Open({.keep_checkpoints = 2, .durable = true}).ok());
  const std::string id = CreateJob();
  for (int round = 1; round <= 3; ++round) {
    journal->FinishRound(id, round, SharedNumbers(Precision::kFloat64, round));
  }
  journal->KeepShard(id, 4, 7, Result(Precision::kFloat64, 1));
  Write();
  CHECK(RoundsOf(store.memory.GetProgress(id).value()) == std::vector<int>{2, 3});
  CHECK(store.memory.GetProgress(id).value().shards.count(7) == 1);
  journal->FinishRound(id, 4, SharedNumbers(Precision::kFloat64, 4), 2);
  Write();
  CHECK(RoundsOf(store.memory.GetProgress(id).value()) == std::vector<int>{2, 3, 4});
}

TEST_CASE_METHOD(JournalFixture, "Of jobs that do not outlive the process no progress is kept",
                 "[journal]") {
  REQUIRE(Open({.durable = false}).ok());
  const std::string id = CreateJob();
  journal->FinishRound(id, 0, SharedNumbers(Precision::kFloat64, 0));
  journal->KeepShard(id, 1, 0, Result(Precision::kFloat64, 1));
  Write();
  CHECK(store.memory.GetProgress(id).value().rounds.empty());
  CHECK(store.memory.GetProgress(id).value().shards.empty());
}

TEST_CASE_METHOD(JournalFixture, "Changes are written at once, but gather for 1 ms after others",
                 "[journal]") {
  REQUIRE(Open().ok());
  journal->Save(change::DrainNode{"a"});
  clock.RunFor(300us);
  CHECK(store.commits == Sizes{1});
  journal->Save(change::DrainNode{"b"});
  clock.RunFor(300us);
  journal->Save(change::DrainNode{"c"});
  clock.RunFor(399us);
  CHECK(store.commits == Sizes{1});
  clock.RunFor(1us);
  CHECK(store.commits == Sizes{1, 2});
  clock.RunFor(1ms);
  journal->Save(change::DrainNode{"d"});
  clock.RunFor(0ns);
  CHECK(store.commits == Sizes{1, 2, 1});
}

TEST_CASE_METHOD(JournalFixture,
                 "There is room for 4096 changes on their way, and for the next later",
                 "[journal]") {
  REQUIRE(Open().ok());
  for (std::size_t i = 0; i < kMaxPendingChanges; ++i) journal->Save(change::DrainNode{"a"});
  flows.Spawn(AwaitRoom(std::stop_token()));
  CHECK(room == std::optional<bool>(true));
  journal->Save(change::DrainNode{"a"});
  room.reset();
  flows.Spawn(AwaitRoom(std::stop_token()));
  CHECK_FALSE(room.has_value());
  Write();
  CHECK(room == std::optional<bool>(true));
}

TEST_CASE_METHOD(JournalFixture, "Who waits for room can be stopped", "[journal]") {
  REQUIRE(Open().ok());
  for (std::size_t i = 0; i <= kMaxPendingChanges; ++i) journal->Save(change::DrainNode{"a"});
  std::stop_source stop;
  flows.Spawn(AwaitRoom(stop.get_token()));
  CHECK_FALSE(room.has_value());
  stop.request_stop();
  Write();
  CHECK(room == std::optional<bool>(false));
}

TEST_CASE_METHOD(JournalFixture, "There is room for 256 MiB of parameters, other changes count not",
                 "[journal]") {
  REQUIRE(Open().ok());
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  auto result = std::make_shared<ShardResult>();
  result->gradient = Share(ZeroParameters(Precision::kFloat64, kMebibyte / sizeof(double)));
  const auto fill = [&] {
    for (std::size_t bytes = 0; bytes < kMaxPendingBytes; bytes += kMebibyte) {
      journal->KeepShard("job-1", 1, 0, result);
    }
  };
  Enter(CreateJob(), JobState::kRunning);
  const std::string other = CreateJob();
  journal->EndJob(other, nullptr);
  Enter(other, JobState::kCancelled);
  journal->Remove(other);
  for (int i = 0; i < 2; ++i) {
    fill();
    room.reset();
    flows.Spawn(AwaitRoom(std::stop_token()));
    CHECK(room == std::optional<bool>(true));
    journal->KeepShard("job-1", 1, 0, result);
    room.reset();
    flows.Spawn(AwaitRoom(std::stop_token()));
    CHECK_FALSE(room.has_value());
    Write();
    CHECK(room == std::optional<bool>(true));
  }
}

TEST_CASE_METHOD(JournalFixture,
                 "The log hears of events when they are written, whatever is removed",
                 "[journal]") {
  REQUIRE(Open().ok());
  const std::string id = CreateJob();
  Enter(id, JobState::kFailed);
  CHECK(log.lines.empty());
  journal->Remove(id);
  Write();
  CHECK(log.lines == std::vector<std::string>{"job-1 1"});
}

TEST_CASE_METHOD(JournalFixture, "A store that cannot write is told of and tried every second",
                 "[journal]") {
  REQUIRE(Open().ok());
  store.writes = absl::UnavailableError("no answer");
  CreateJob();
  flows.Spawn(AwaitCommitted());
  clock.RunFor(0ns);
  REQUIRE(committed.has_value());
  CHECK(absl::IsUnavailable(*committed));
  store.writes = absl::OkStatus();
  clock.RunFor(1s - 1ns);
  CHECK(store.commits.empty());
  CHECK(absl::IsUnavailable(journal->trouble()));
  clock.RunFor(1ns);
  CHECK(store.commits == Sizes{1});
  CHECK(journal->trouble().ok());
}

TEST_CASE_METHOD(JournalFixture, "What cannot be synced is told to nobody, and tried every second",
                 "[journal]") {
  REQUIRE(Open().ok());
  store.syncs = absl::UnavailableError("no answer");
  const std::string id = CreateJob();
  Dispatch(id);
  flows.Spawn(AwaitCommitted());
  clock.RunFor(0ns);
  CHECK(store.commits == Sizes{2});
  REQUIRE(committed.has_value());
  CHECK(absl::IsUnavailable(*committed));
  CHECK(absl::IsUnavailable(journal->trouble()));
  CHECK(log.lines.empty());
  CHECK(Sequences(id, 1).empty());
  store.syncs = absl::OkStatus();
  committed.reset();
  clock.RunFor(1s - 1ns);
  CHECK(log.lines.empty());
  clock.RunFor(1ns);
  CHECK(log.lines == std::vector<std::string>{"job-1 1"});
  CHECK(journal->trouble().ok());
  flows.Spawn(AwaitCommitted());
  REQUIRE(committed.has_value());
  CHECK(committed->ok());
}

TEST_CASE_METHOD(JournalFixture, "A journal that is closed writes what it has and nothing later",
                 "[journal]") {
  REQUIRE(Open().ok());
  const std::string id = CreateJob();
  Dispatch(id);
  flows.Spawn(AwaitCommitted());
  flows.Spawn(Close());
  CHECK(flows.running() == 2);
  clock.RunAll();
  CHECK(flows.running() == 0);
  CHECK(journal->closed());
  CHECK(lines_when_closed == std::vector<std::string>{"job-1 1"});  // written and synced
  // Whoever waited is not kept waiting for a store that may never answer.
  REQUIRE(committed.has_value());
  CHECK(absl::IsUnavailable(*committed));
  Dispatch(id);
  clock.RunAll();
  CHECK(store.memory.Events(id, 1, 10).value().size() == 1);
}

TEST_CASE_METHOD(JournalFixture, "A journal closes at once when nothing can be written or synced",
                 "[journal]") {
  REQUIRE(Open().ok());
  const absl::Status no_room = absl::ResourceExhaustedError("no room on the disk");
  SECTION("written") { store.writes = no_room; }
  SECTION("synced") { store.syncs = no_room; }
  Dispatch(CreateJob());
  Write();
  CHECK(absl::IsResourceExhausted(journal->trouble()));
  const async::TimePoint before = clock.Now();
  flows.Spawn(Close());
  clock.RunAll();
  CHECK(flows.running() == 0);
  CHECK(clock.Now() == before);
  CHECK(log.lines.empty());
}

}  // namespace
}  // namespace mlp::coordinator
