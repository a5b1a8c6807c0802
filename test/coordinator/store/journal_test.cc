// Tests of what the journal knows of the jobs, takes over from a store and reads from it.
#include "services/coordinator/store/journal.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/coordinator/store/journal_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace test;

using Texts = std::vector<std::string>;
using Int64s = std::vector<std::int64_t>;

TEST_CASE_METHOD(JournalFixture, "A journal takes over what the store has", "[journal]") {
  Put({change::SaveDataset{Record("letters", 2)}, Imported(3, "model-3"), change::DrainNode{"b"}});
  REQUIRE(Open().ok());
  CHECK(journal->datasets() == std::vector<DatasetRecord>{Record("letters", 2)});
  CHECK(journal->imported_models() == std::vector<ModelRecord>{Imported(3, "model-3").record});
  CHECK(journal->last_model_number() == 3);
  CHECK(journal->drained_nodes() == Texts{"b"});
}

TEST_CASE_METHOD(JournalFixture, "A journal does not open on what it cannot read or sync",
                 "[journal]") {
  Put({change::SaveJob{{NewJob(1), 0}}});
  SECTION("what was written last") { store.syncs = absl::DataLossError("damaged"); }
  SECTION("the state") { store.loads = absl::DataLossError("damaged"); }
  SECTION("the events of a job") { store.reads = absl::DataLossError("damaged"); }
  CHECK(absl::IsDataLoss(Open()));
}

TEST_CASE_METHOD(JournalFixture, "A job that goes on gets the events after its saved state",
                 "[journal]") {
  Put({change::SaveJob{{NewJob(1), 2}}, change::AppendEvent{"job-1", SharedEvent(1)},
       change::AppendEvent{"job-1", SharedEvent(2)}, change::AppendEvent{"job-1", SharedEvent(3)},
       change::AppendEvent{"job-1", SharedEvent(4)}});
  REQUIRE(Open().ok());
  CHECK(journal->Get("job-1").value().statistics.attempts == 2);  // events 3 and 4
  CHECK(journal->last_sequence("job-1") == 4);
  CHECK(journal->latest_time() == At(4));
  CHECK(log.lines == Texts{"job-1 1", "job-1 2", "job-1 3", "job-1 4"});
  CHECK(Sequences("job-1", 3) == Int64s{3, 4});
  Dispatch("job-1");
  Write();
  CHECK(Sequences("job-1", 1) == Int64s{1, 2, 3, 4, 5});
  const int reads_before = store.event_reads;
  CHECK(Sequences("job-1", 5) == Int64s{5});
  CHECK(store.event_reads == reads_before);
}

TEST_CASE_METHOD(JournalFixture, "A job that has ended is not told to the log again", "[journal]") {
  Job ended = NewJob(1);
  ended.state = JobState::kSucceeded;
  Put({change::SaveJob{{ended, 1}}, change::AppendEvent{"job-1", SharedEvent(1)},
       change::AppendEvent{"job-1", SharedEvent(2)}});
  REQUIRE(Open().ok());
  CHECK(log.lines.empty());
  CHECK(journal->last_sequence("job-1") == 2);
  CHECK(journal->Get("job-1").value().statistics.attempts == 1);  // event 2
  CHECK(journal->Unfinished().empty());
}

TEST_CASE_METHOD(JournalFixture, "Of a job that has ended no event is read again", "[journal]") {
  Job ended = NewJob(1);
  ended.state = JobState::kSucceeded;
  Put({change::SaveJob{{ended, 2}}, change::AppendEvent{"job-1", SharedEvent(1)},
       change::AppendEvent{"job-1", SharedEvent(2)}});
  REQUIRE(Open().ok());
  CHECK(store.event_reads == 1);  // finds that there is none after the saved state
  CHECK(journal->latest_time() == async::TimePoint());
}

TEST_CASE_METHOD(JournalFixture, "Jobs that had ended before a restart count as ended",
                 "[journal]") {
  Job first = NewJob(1);
  std::vector<Change> changes;
  SECTION("by their state") {
    first.state = JobState::kFailed;
    changes = {change::SaveJob{{first, 1}}};
  }
  SECTION("by an event that was stored before their state was") {
    JobEvent end;
    end.sequence = 1;
    end.time = At(1);
    end.body = events::StateChanged{JobState::kFailed, "", ""};
    changes = {change::SaveJob{{first, 0}},
               change::AppendEvent{"job-1", std::make_shared<const JobEvent>(std::move(end))}};
  }
  Job second = NewJob(2);
  second.state = JobState::kSucceeded;
  changes.push_back(change::SaveJob{{second, 1}});
  changes.push_back(change::SaveJob{{NewJob(3), 0}});
  Put(changes);
  REQUIRE(Open({.keep_jobs = 1, .durable = true}).ok());
  CHECK_FALSE(journal->Get("job-1").has_value());
  CHECK(journal->Get("job-2").has_value());
  CHECK(journal->Get("job-3").has_value());
}

TEST_CASE_METHOD(JournalFixture, "Jobs are listed in pages, the newest first", "[journal]") {
  REQUIRE(Open().ok());
  for (int i = 0; i < 3; ++i) CreateJob();
  CHECK(Listed(100, 2) == Texts{"job-3", "job-2"});
  CHECK(Listed(3, 10) == Texts{"job-2", "job-1"});
  CHECK(Listed(1, 10).empty());
  CHECK(Listed(100, 0).empty());
}

TEST_CASE_METHOD(JournalFixture, "The jobs that have not ended are known, by number", "[journal]") {
  REQUIRE(Open().ok());
  CreateJob();
  Enter(CreateJob(), JobState::kFailed);
  Enter(CreateJob(), JobState::kRunning);
  Texts ids;
  for (const Job& job : journal->Unfinished()) ids.push_back(job.id);
  CHECK(ids == Texts{"job-1", "job-3"});
}

TEST_CASE_METHOD(JournalFixture, "A dataset's users are the jobs with it that have not ended",
                 "[journal]") {
  REQUIRE(Open().ok());
  CreateJob("", "letters");
  CreateJob("", "digits");
  Enter(CreateJob("", "letters"), JobState::kFailed);
  CHECK(journal->UsersOf("letters") == Texts{"job-1"});
}

TEST_CASE_METHOD(JournalFixture,
                 "A request is known until its job is removed, also after a restart", "[journal]") {
  REQUIRE(Open().ok());
  Enter(CreateJob("the request"), JobState::kCancelled);
  CreateJob();
  for (int life = 0; life < 2; ++life) {
    REQUIRE(journal->FindRequest("the request").has_value());
    CHECK(journal->FindRequest("the request").value().id == "job-1");
    CHECK_FALSE(journal->FindRequest("").has_value());
    Write();
    REQUIRE(Open().ok());
  }
  journal->Remove("job-1");
  CHECK_FALSE(journal->FindRequest("the request").has_value());
  CHECK_FALSE(journal->Get("job-1").has_value());
  CHECK(Listed(100, 10) == Texts{"job-2"});
  CHECK(CreateJob("the request") == "job-3");
}

TEST_CASE_METHOD(JournalFixture, "A job that gets events after its end has ended once",
                 "[journal]") {
  REQUIRE(Open({.keep_jobs = 1, .durable = true}).ok());
  Enter(CreateJob(), JobState::kSucceeded);
  Dispatch("job-1");
  CHECK(journal->Get("job-1").has_value());
  CreateJob();
  Enter(CreateJob(), JobState::kFailed);
  CHECK_FALSE(journal->Get("job-1").has_value());
  CHECK(journal->Get("job-2").has_value());  // goes on
  CHECK(journal->Get("job-3").has_value());
  Write();
  // It counts after a restart, too.
  REQUIRE(Open({.keep_jobs = 0, .durable = true}).ok());
  CHECK(journal->Get("job-2").has_value());
  CHECK_FALSE(journal->Get("job-3").has_value());
  Write();
  CHECK(store.memory.Load().value().jobs.size() == 1);
}

TEST_CASE_METHOD(JournalFixture, "Events are read from any number as far as they are written",
                 "[journal]") {
  REQUIRE(Open().ok());
  const std::string id = CreateJob();
  for (int i = 0; i < 3; ++i) Dispatch(id);
  Write();
  CHECK(Sequences(id, 1) == Int64s{1, 2, 3});
  CHECK(Sequences(id, 0) == Int64s{1, 2, 3});
  CHECK(Sequences(id, -7, 2) == Int64s{1, 2});
  CHECK(Sequences(id, 2, 1) == Int64s{2});
  CHECK(Sequences(id, 4).empty());
  store.writes = absl::UnavailableError("no answer");
  Dispatch(id);
  Write();
  CHECK(Sequences(id, 3) == Int64s{3});
  CHECK(Sequences(id, 4).empty());
  CHECK(journal->last_sequence(id) == 4);
  CHECK(store.event_reads == 0);
  CHECK(Sequences("job-9", 1).empty());
  CHECK(journal->last_sequence("job-9") == 0);
}

TEST_CASE_METHOD(JournalFixture, "The last 2048 events of a job are in memory until it has ended",
                 "[journal]") {
  REQUIRE(Open().ok());
  const std::string id = CreateJob();
  for (int i = 0; i < 2050; ++i) Dispatch(id);
  Write();
  CHECK(Sequences(id, 3, 1) == Int64s{3});
  CHECK(store.event_reads == 0);
  CHECK(Sequences(id, 2, 1) == Int64s{2});
  CHECK(store.event_reads == 1);
  Enter(id, JobState::kSucceeded);
  Write();
  CHECK(Sequences(id, 2051) == Int64s{2051});
  CHECK(store.event_reads == 2);
  store.reads = absl::UnavailableError("no answer");
  CHECK(absl::IsUnavailable(ReadEvents(id, 1).status()));
}

}  // namespace
}  // namespace mlp::coordinator
