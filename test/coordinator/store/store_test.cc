// Tests of the requirements on every store. Each test runs with the one in memory and with the one
// on disk.
#include "services/coordinator/store/store.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/coordinator/store/disk/sqlite_store.h"
#include "services/coordinator/store/memory_store.h"
#include "test/coordinator/store/store_fixtures.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

using namespace test;

class InMemory {
 public:
  Store& store() { return store_; }
  // A store on disk outlives the process; this one outlives nothing, so it stays open.
  void Reopen() {}

 private:
  MemoryStore store_;
};

class OnDisk {
 public:
  OnDisk() { Reopen(); }
  Store& store() { return *store_; }
  void Reopen() {
    store_.reset();
    auto store = SqliteStore::Open(directory_.path());
    INFO(store.status());
    REQUIRE(store.ok());
    store_ = *std::move(store);
  }

 private:
  mlp::test::Scratch directory_;
  std::unique_ptr<SqliteStore> store_;
};

template <class World>
class StoreTest : public World {
 public:
  using World::store;

  void Commit(const std::vector<Change>& changes) {
    const absl::Status status = store().Commit(changes);
    INFO(status);
    REQUIRE(status.ok());
  }
  std::string Refused(const std::vector<Change>& changes) {
    const absl::Status status = store().Commit(changes);
    REQUIRE(status.code() == absl::StatusCode::kInternal);
    return std::string(status.message());
  }
  StoredState Load() { return Value(store().Load()); }
  std::vector<JobEvent> Events(std::int64_t from, std::size_t limit) {
    return Value(store().Events("job-1", from, limit));
  }
  std::vector<std::int64_t> Sequences(std::int64_t from, std::size_t limit) {
    std::vector<std::int64_t> sequences;
    for (const JobEvent& event : Events(from, limit)) sequences.push_back(event.sequence);
    return sequences;
  }
  JobProgress Progress(const std::string& job_id = "job-1") {
    return Value(store().GetProgress(job_id));
  }
  std::shared_ptr<const Model> GetModel(const std::string& job_id = "job-1") {
    return Value(store().GetModel(job_id));
  }
  // Returns all that can be read of jobs 1 to 3.
  std::string Everything() {
    std::string text = Text(Load());
    for (const char* id : {"job-1", "job-2", "job-3"}) {
      absl::StrAppend(&text, "== ", id, "\n", Text(Progress(id)));
      for (const JobEvent& event : Value(store().Events(id, 1, 1000))) text += Text(event);
      const std::shared_ptr<const Model> model = GetModel(id);
      if (model != nullptr) text += Text(*model);
    }
    return text;
  }

 private:
  template <class T>
  static T Value(absl::StatusOr<T> value) {
    INFO(value.status());
    REQUIRE(value.ok());
    return *std::move(value);
  }
};

change::SaveJob Save(std::int64_t number, std::int64_t sequence = 0) {
  return {{NewJob(number), sequence}};
}
change::AppendEvent Append(std::int64_t sequence, const std::string& job_id = "job-1") {
  return {job_id, SharedEvent(sequence)};
}
change::KeepShard Keep(int round, int shard, double first = 0) {
  return {"job-1", round, shard, Result(Precision::kFloat64, first)};
}
change::FinishRound Finish(int round, int first_checkpoint) {
  return {"job-1", round, SharedNumbers(Precision::kFloat64, round), first_checkpoint};
}
change::EndJob End(std::shared_ptr<const Model> model = nullptr) { return {"job-1", model}; }

using Stores = std::tuple<InMemory, OnDisk>;

#define STORE_TEST(name) TEMPLATE_LIST_TEST_CASE_METHOD(StoreTest, name, "[store]", Stores)

STORE_TEST("A new store is empty") {
  CHECK(Text(this->Load()) == "last 0\n");
  CHECK(this->Sequences(1, 10).empty());
  CHECK(Text(this->Progress()).empty());
  CHECK(this->GetModel() == nullptr);
}

STORE_TEST("Jobs come back as they were saved, in the order of their numbers") {
  Job job = NewJob(2);
  job.spec.policy = "random";
  job.spec.hedge_after.reset();
  job.spec.precision = Precision::kFloat32;
  job.state = JobState::kRunning;
  job.detail = "no node is there";
  job.start_time = At(9);
  job.rounds_done = 4;
  job.validated_round = 3;
  job.validation = Evaluation{100, 7, 12.5};
  job.validation_file = "validate_0.csv";
  job.statistics = {50, 4, 3, std::chrono::nanoseconds(5), std::chrono::nanoseconds(6)};
  this->Commit({Save(10), change::SaveJob{{job, 17}}, Save(1)});
  this->Reopen();
  const StoredState state = this->Load();
  REQUIRE(state.jobs.size() == 3);
  CHECK(Text(state.jobs[0]) == Text(StoredJob{NewJob(1), 0}));
  CHECK(Text(state.jobs[1]) == Text(StoredJob{job, 17}));
  CHECK(Text(state.jobs[2]) == Text(StoredJob{NewJob(10), 0}));
  CHECK(state.last_number == 10);
}

STORE_TEST("A job that is saved again is replaced, and keeps its events and progress") {
  this->Commit({Save(1), Append(1), Finish(1, 1), Keep(2, 5)});
  Job job = NewJob(1);
  job.state = JobState::kRunning;
  this->Commit({change::SaveJob{{job, 1}}});
  this->Reopen();
  REQUIRE(this->Load().jobs.size() == 1);
  CHECK(Text(this->Load().jobs[0]) == Text(StoredJob{job, 1}));
  CHECK(this->Sequences(1, 10) == std::vector<std::int64_t>{1});
  CHECK(this->Progress().rounds.count(1) == 1);
  CHECK(this->Progress().shards.count(5) == 1);
  this->Commit({Keep(2, 6)});
  CHECK(this->Progress().shards.size() == 2);
}

STORE_TEST("Numbers of jobs that were removed are not forgotten") {
  this->Commit({Save(1), Save(2)});
  this->Commit({change::RemoveJob{"job-2"}});
  this->Reopen();
  CHECK(this->Load().last_number == 2);
  this->Commit({change::RemoveJob{"job-1"}});
  this->Reopen();
  CHECK(this->Load().last_number == 2);
  CHECK(this->Load().jobs.empty());
}

STORE_TEST("Events are read in pages") {
  this->Commit({Save(1), Save(2), Append(1), Append(1, "job-2"), Append(2)});
  this->Commit({Append(3), Append(4), Append(2, "job-2"), Append(5)});
  this->Reopen();
  using Page = std::vector<std::int64_t>;
  CHECK(this->Sequences(1, 3) == Page{1, 2, 3});
  CHECK(this->Sequences(4, 3) == Page{4, 5});
  CHECK(this->Sequences(5, 1) == Page{5});
  CHECK(this->Sequences(6, 3).empty());
  CHECK(this->Sequences(1, 0).empty());
  CHECK(this->Sequences(0, 2) == Page{1, 2});
  CHECK(this->Sequences(-5, SIZE_MAX) == Page{1, 2, 3, 4, 5});
  CHECK(Text(this->Events(4, 1).front()) == Text(Event(4)));
}

STORE_TEST("An event out of sequence is refused") {
  this->Commit({Save(1), Append(1)});
  CHECK(this->Refused({Append(1)}) == "event 1 of job-1, where event 2 comes next");
  CHECK(this->Refused({Append(3)}) == "event 3 of job-1, where event 2 comes next");
  CHECK(this->Refused({Append(2), Append(2)}) == "event 2 of job-1, where event 3 comes next");
  CHECK(this->Refused({Save(2), Append(2, "job-2")}) ==
        "event 2 of job-2, where event 1 comes next");
  this->Commit({Append(2)});
  CHECK(this->Sequences(1, 10).size() == 2);
}

STORE_TEST("Changes of a job that is not there are refused") {
  for (const Change& change : std::vector<Change>{Append(1), Finish(1, 1), End()}) {
    CHECK(this->Refused({change}) == "a change of job-1, which is not stored");
  }
  this->Commit({Save(1), Append(1), change::RemoveJob{"job-1"}});
  CHECK(this->Refused({Append(2)}) == "a change of job-1, which is not stored");
  CHECK(this->Refused({Save(1), change::RemoveJob{"job-1"}, Append(1)}) ==
        "a change of job-1, which is not stored");
}

STORE_TEST("Of changes of which one is refused, none is made") {
  this->Commit({Save(1), Append(1), Finish(1, 1), Keep(2, 3), Save(2), change::DrainNode{"a"},
                change::SaveDataset{Record("letters", 3)},
                change::EndJob{"job-2", TrainedModel(Precision::kFloat64, "job-2")}});
  const std::string before = this->Everything();
  Job job = NewJob(1);
  job.detail = "changed";
  const std::vector<Change> good = {change::SaveJob{{job, 1}},
                                    Append(2),
                                    Keep(2, 4),
                                    Finish(2, 2),
                                    Save(3),
                                    Append(1, "job-3"),
                                    End(TrainedModel(Precision::kFloat64, "job-1")),
                                    change::RemoveJob{"job-2"},
                                    change::SaveDataset{Record("letters", 4)},
                                    change::RemoveDataset{"letters"},
                                    change::DrainNode{"b"},
                                    change::DrainNode{"a", false}};
  for (std::size_t size = 0; size <= good.size(); ++size) {
    std::vector<Change> changes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    changes.push_back(Append(1, "job-9"));
    this->Refused(changes);
    REQUIRE(this->Everything() == before);
  }
  this->Commit(good);
  CHECK(this->Everything() != before);
}

STORE_TEST("Progress is the rounds that are kept and the shards of the open one") {
  const auto precision = GENERATE(Precision::kFloat32, Precision::kFloat64);
  this->Commit({Save(1)});
  for (int round = 1; round <= 5; ++round) {
    this->Commit({change::KeepShard{"job-1", round, 0, Result(precision, 1)}});
    this->Commit({change::FinishRound{"job-1", round, SharedNumbers(precision, round), round - 1}});
  }
  this->Commit({change::KeepShard{"job-1", 6, 10, Result(precision, 2)},
                change::KeepShard{"job-1", 6, 2, Result(precision, 3)}});
  this->Reopen();
  JobProgress expected;
  expected.rounds = {{4, SharedNumbers(precision, 4)}, {5, SharedNumbers(precision, 5)}};
  expected.shards = {{2, Result(precision, 3)}, {10, Result(precision, 2)}};
  CHECK(Text(this->Progress()) == Text(expected));
}

STORE_TEST("A shard that is kept again is replaced") {
  this->Commit({Save(1), Keep(1, 0, 1), Keep(1, 0, 2)});
  REQUIRE(this->Progress().shards.size() == 1);
  CHECK(Text(*this->Progress().shards[0]) == Text(*Result(Precision::kFloat64, 2)));
}

STORE_TEST("A shard of a round that is finished does not linger") {
  this->Commit({Save(1), Keep(1, 0), Finish(1, 1), Keep(1, 1)});
  this->Reopen();
  CHECK(this->Progress().shards.empty());
  this->Commit({Keep(2, 0), Keep(1, 2)});
  CHECK(this->Progress().shards.size() == 1);
}

STORE_TEST("A shard of a round that is not open yet is dropped") {
  this->Commit({Save(1), Finish(1, 1), Keep(3, 0)});
  CHECK(this->Progress().shards.empty());
  this->Commit({Finish(2, 1)});
  CHECK(this->Progress().shards.empty());
}

STORE_TEST("A round that is finished once more replaces what was kept of it") {
  this->Commit({Save(1), Finish(1, 1), Finish(2, 1), Keep(3, 0)});
  this->Commit(
      {change::FinishRound{"job-1", 2, SharedNumbers(Precision::kFloat64, 70), 1}, Keep(3, 4)});
  JobProgress expected;
  expected.rounds = {{1, SharedNumbers(Precision::kFloat64, 1)},
                     {2, SharedNumbers(Precision::kFloat64, 70)}};
  expected.shards = {{4, Result(Precision::kFloat64, 0)}};
  CHECK(Text(this->Progress()) == Text(expected));
}

STORE_TEST("The end of a job drops its progress for good, and keeps its model and events") {
  const auto precision = GENERATE(Precision::kFloat32, Precision::kFloat64);
  this->Commit({Save(1), Append(1), Finish(1, 1), Keep(2, 0)});
  this->Commit({End(TrainedModel(precision, "job-1"))});
  this->Commit({Keep(2, 1), Finish(2, 1), Keep(7, 1), Append(2)});
  this->Reopen();
  CHECK(Text(this->Progress()).empty());
  REQUIRE(this->GetModel() != nullptr);
  CHECK(Text(*this->GetModel()) == Text(*TrainedModel(precision, "job-1")));
  CHECK(this->Sequences(1, 10).size() == 2);
}

STORE_TEST("A job that ended otherwise has no model") {
  this->Commit({Save(1), Finish(1, 1), End()});
  this->Reopen();
  CHECK(Text(this->Progress()).empty());
  CHECK(this->GetModel() == nullptr);
  CHECK(this->Load().jobs.size() == 1);
}

STORE_TEST("Nothing of a job that is removed is left, and removing it again is no error") {
  this->Commit({Save(1), Save(2), Append(1), Append(1, "job-2"), Keep(1, 0),
                End(TrainedModel(Precision::kFloat64, "job-1"))});
  this->Commit({change::RemoveJob{"job-1"}, change::RemoveJob{"job-1"}});
  // A copy of an attempt may be late.
  this->Commit({Keep(1, 3)});
  this->Reopen();
  REQUIRE(this->Load().jobs.size() == 1);
  CHECK(this->Load().jobs[0].job.id == "job-2");
  CHECK(this->Sequences(1, 10).empty());
  CHECK(Text(this->Progress()).empty());
  CHECK(this->GetModel() == nullptr);
  REQUIRE(this->store().Events("job-2", 1, 10)->size() == 1);
}

STORE_TEST("Datasets are replaced and removed by name") {
  this->Commit({change::SaveDataset{Record("letters", 11)},
                change::SaveDataset{Record("digits", 2)},
                change::SaveDataset{Record("many", 1000)}});
  this->Commit({change::SaveDataset{Record("letters", 3)}, change::RemoveDataset{"digits"},
                change::RemoveDataset{"no such"}});
  this->Reopen();
  CHECK(this->Load().datasets ==
        std::vector<DatasetRecord>{Record("letters", 3), Record("many", 1000)});
}

STORE_TEST("What the rows mean is kept with a dataset, and with a model that was trained on it") {
  DatasetRecord dataset = Record("penguins", 3);
  dataset.schema = Penguins();
  auto model = std::make_shared<Model>(*TrainedModel(Precision::kFloat64, "job-1"));
  model->schema = std::make_shared<const Schema>(Penguins());
  this->Commit(
      {Save(1), change::SaveDataset{dataset}, change::SaveDataset{Record("plain", 2)}, End(model)});
  this->Reopen();
  CHECK(this->Load().datasets == std::vector<DatasetRecord>{dataset, Record("plain", 2)});
  REQUIRE(this->GetModel()->schema != nullptr);
  CHECK(*this->GetModel()->schema == Penguins());
}

STORE_TEST("Imported models come back as they were saved, by the order of their numbers") {
  const auto precision = GENERATE(Precision::kFloat32, Precision::kFloat64);
  this->Commit({Imported(2, "letters", precision), Imported(1, "model-1", precision)});
  this->Reopen();
  const StoredState state = this->Load();
  CHECK(state.models == std::vector<ModelRecord>{Imported(1, "model-1", precision).record,
                                                 Imported(2, "letters", precision).record});
  CHECK(state.last_model_number == 2);
  REQUIRE(this->GetModel("letters") != nullptr);
  CHECK(Text(*this->GetModel("letters")) == Text(*TrainedModel(precision, "job-70")));
  CHECK(this->GetModel("model-2") == nullptr);
}

STORE_TEST("An imported model that is removed is gone, but its number is not forgotten") {
  this->Commit({Imported(1, "a"), Imported(2, "b")});
  this->Commit({change::RemoveModel{"b"}, change::RemoveModel{"no such"}});
  this->Reopen();
  CHECK(this->GetModel("b") == nullptr);
  CHECK(this->Load().models.size() == 1);
  CHECK(this->Load().last_model_number == 2);
  this->Commit({Imported(3, "b")});
  CHECK(this->GetModel("b") != nullptr);
}

STORE_TEST("Drained nodes are remembered until they are not") {
  this->Commit({change::DrainNode{"c"}, change::DrainNode{"a"}, change::DrainNode{"b"},
                change::DrainNode{"a"}});
  this->Commit({change::DrainNode{"b", false}, change::DrainNode{"d", false}});
  this->Reopen();
  CHECK(this->Load().drained_nodes == std::vector<std::string>{"a", "c"});
}

STORE_TEST("Nothing to commit is no error") { this->Commit({}); }

STORE_TEST("A hundred thousand events are stored and read") {
  constexpr int kEvents = 100'000;
  std::vector<Change> changes = {Save(1)};
  for (int i = 1; i <= kEvents; ++i) changes.push_back(Append(i));
  this->Commit(changes);
  this->Reopen();
  REQUIRE(this->Sequences(1, SIZE_MAX).size() == kEvents);
  CHECK(Text(this->Events(kEvents, 10).front()) == Text(Event(kEvents)));
}

// Each commit appends two events and names the second one in the job.
STORE_TEST("Reads beside commits see all of a commit or nothing") {
  this->Commit({Save(1)});
  std::atomic<bool> done = false;
  std::optional<absl::Status> failed;
  std::thread committer([&] {
    for (std::int64_t i = 2; i <= 400 && !failed; i += 2) {
      const absl::Status status = this->store().Commit({Append(i - 1), Append(i), Save(1, i)});
      if (!status.ok()) failed = status;
    }
    done = true;
  });
  std::size_t events = 0;
  std::int64_t sequence = 0;
  bool half = false;
  while (!done) {
    const auto state = this->store().Load();
    const auto read = this->store().Events("job-1", 1, 1000);
    if (!state.ok() || !read.ok() || state->jobs.size() != 1) break;
    half = half || state->jobs[0].sequence % 2 != 0 || read->size() % 2 != 0 ||
           read->size() < static_cast<std::size_t>(state->jobs[0].sequence) ||
           read->size() < events || state->jobs[0].sequence < sequence;
    events = read->size();
    sequence = state->jobs[0].sequence;
  }
  committer.join();
  CHECK(done);
  CHECK_FALSE(half);
  CHECK_FALSE(failed.has_value());
  CHECK(this->Sequences(1, 1000).size() == 400);
}

STORE_TEST("Commits of several threads take turns") {
  std::vector<Change> jobs;
  for (int job = 1; job <= 4; ++job) jobs.push_back(Save(job));
  this->Commit(jobs);
  std::atomic<int> failures = 0;
  std::vector<std::thread> committers;
  for (int job = 1; job <= 4; ++job) {
    committers.emplace_back([&, id = absl::StrCat("job-", job)] {
      for (int i = 1; i <= 25; ++i) failures += this->store().Commit({Append(i, id)}).ok() ? 0 : 1;
    });
  }
  for (std::thread& committer : committers) committer.join();
  CHECK(failures == 0);
  this->Reopen();
  for (int job = 1; job <= 4; ++job) {
    CHECK(this->store().Events(absl::StrCat("job-", job), 1, 100)->size() == 25);
  }
}

}  // namespace
}  // namespace mlp::coordinator
