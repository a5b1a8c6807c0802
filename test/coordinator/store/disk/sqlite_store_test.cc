// Tests that only a store in a directory can have; store_test.cc has the rest, and
// sqlite_faults_test.cc disks that fail.
#include "services/coordinator/store/disk/sqlite_store.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/base/sha256.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/wire/model_proto.h"
#include "test/coordinator/store/disk/sqlite_fixtures.h"
#include "test/coordinator/store/store_fixtures.h"
#include "test/coordinator/store/store_steps.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

using namespace test;
using mlp::test::ContentOf;
using mlp::test::Scratch;

std::string Garbage(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_CASE("A state directory is made where it is missing", "[sqlite_store]") {
  Scratch scratch;
  const fs::path directory = scratch.path() / "a" / "b";
  Take(*Opened(directory), 1);
  CHECK(StepsTaken(*Opened(directory)) == 1);
}

TEST_CASE("A state directory is a path, also where SQLite would take it for a URI",
          "[sqlite_store]") {
  const Scratch scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  for (const char* name : {"file:state", "file:?mode=memory"}) {
    Take(*Opened(name), 1);
    CHECK(StepsTaken(*Opened(name)) == 1);
    CHECK(fs::exists(scratch.path() / name / "coordinator.db"));
  }
  fs::current_path(before);
}

TEST_CASE("What an earlier version let everybody read is taken from them", "[sqlite_store]") {
  const Scratch scratch;
  Opened(scratch.path());
  fs::create_directory(scratch.path() / "files");
  for (const char* name : {"lock", "coordinator.db", "files"}) {
    fs::permissions(scratch.path() / name, fs::perms::all);
  }
  const auto store = Opened(scratch.path());
  Take(*store, 1);
  for (const auto& entry : fs::directory_iterator(scratch.path())) {
    INFO(entry.path());
    CHECK((entry.status().permissions() & fs::perms::others_all) == fs::perms::none);
  }
  CHECK((fs::status(scratch.path() / "files").permissions() & fs::perms::group_all) ==
        fs::perms::group_all);
}

TEST_CASE("A second coordinator is refused until the first one is gone", "[sqlite_store]") {
  Scratch scratch;
  auto first = Opened(scratch.path());
  const absl::Status status = OpenError(scratch.path());
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(Says(status, scratch.path().string()));
  CHECK(Says(status, absl::StrCat("process ", getpid())));
  Take(*first, 1);
  first.reset();
  CHECK(StepsTaken(*Opened(scratch.path())) == 1);
}

TEST_CASE("The lock of a coordinator that was killed is free", "[sqlite_store]") {
  Scratch scratch;
  mlp::test::Process writer({MLP_BIN_DIR "/store_writer", scratch.path().string()});
  writer.WaitForLine("committed 1");
  CHECK(Says(OpenError(scratch.path()), absl::StrCat("process ", writer.pid())));
  writer.Signal(SIGKILL);
  writer.Wait();
  Opened(scratch.path());
}

TEST_CASE("A state directory that cannot be one is refused", "[sqlite_store]") {
  Scratch scratch;
  Fill(scratch.path() / "file", "x");
  const absl::Status status = OpenError(scratch.path() / "file" / "state");
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(Says(status, (scratch.path() / "file" / "state").string()));
}

TEST_CASE("A later program's database is refused and left alone", "[sqlite_store]") {
  Scratch scratch;
  Opened(scratch.path());
  Sql(scratch.path(), "PRAGMA journal_mode = DELETE; PRAGMA user_version = 5");
  const std::string before = ContentOf(scratch.path() / "coordinator.db");
  const absl::Status status = OpenError(scratch.path());
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(Says(status, "has version 5, this program knows versions up to 4"));
  CHECK(Says(status, "a later program made it; use that one, or another state directory"));
  CHECK(ContentOf(scratch.path() / "coordinator.db") == before);
}

// The tables of version 1, written out once more: they must never change.
constexpr const char* kVersion1 = R"(
  CREATE TABLE jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    request_id TEXT NOT NULL, sequence INTEGER NOT NULL, validated_round INTEGER NOT NULL,
    message BLOB NOT NULL, open_round INTEGER NOT NULL DEFAULT 1,
    ended INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE events (job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    sequence INTEGER NOT NULL, message BLOB NOT NULL, PRIMARY KEY (job, sequence)) WITHOUT ROWID;
  CREATE TABLE rounds (job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    round INTEGER NOT NULL, float64 INTEGER NOT NULL, parameters BLOB NOT NULL,
    sha256 BLOB NOT NULL, PRIMARY KEY (job, round));
  CREATE TABLE shards (job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    shard INTEGER NOT NULL, float64 INTEGER NOT NULL, gradient BLOB NOT NULL,
    sha256 BLOB NOT NULL, rows INTEGER NOT NULL, wrong_rows INTEGER NOT NULL, loss REAL NOT NULL,
    epochs_run INTEGER NOT NULL, PRIMARY KEY (job, shard));
  CREATE TABLE models (job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    float64 INTEGER NOT NULL, parameters BLOB NOT NULL, sha256 BLOB NOT NULL, spec BLOB NOT NULL,
    dataset TEXT NOT NULL);
  PRAGMA user_version = 1;
)";

std::string HexText(const std::string& bytes) { return absl::StrCat("x'", Hex(bytes), "'"); }

TEST_CASE("A database of version 1 is brought up to date with all it holds", "[sqlite_store]") {
  Scratch scratch;
  Sql(scratch.path(), kVersion1);
  Sql(scratch.path(),
      absl::StrCat("INSERT INTO jobs (number, id, request_id, sequence, validated_round, message)"
                   " VALUES (7, 'job-7', 'request-7', 1, 0, ",
                   HexText(ToProto(NewJob(7)).SerializeAsString()),
                   "); INSERT INTO events VALUES (7, 1, ",
                   HexText(ToProto(Event(1)).SerializeAsString()), ")"));
  for (int time = 0; time < 2; ++time) {
    auto store = Opened(scratch.path());
    REQUIRE(store->Load()->jobs.size() == 1);
    CHECK(Text(store->Load()->jobs[0]) == Text(StoredJob{NewJob(7), 1}));
    CHECK(Text(store->Events("job-7", 1, 9)->at(0)) == Text(Event(1)));
    const absl::Status status = store->Commit({change::SaveDataset{Record("letters", 3)},
                                               change::DrainNode{absl::StrCat("node-", time)}});
    CHECK(status.ok());
    CHECK(store->Load()->datasets.size() == 1);
    CHECK(store->Load()->drained_nodes.size() == static_cast<std::size_t>(time) + 1);
  }
  CHECK(Sql(scratch.path(), "PRAGMA user_version") == "4");
  CheckIntegrity(scratch.path());
}

// The additions of version 2, written out once more.
constexpr const char* kVersion2 = R"(
  CREATE TABLE datasets (name TEXT PRIMARY KEY, training_rows INTEGER NOT NULL,
    validation_rows INTEGER NOT NULL, features INTEGER NOT NULL, classes INTEGER NOT NULL,
    create_time INTEGER NOT NULL);
  CREATE TABLE dataset_files (dataset TEXT NOT NULL REFERENCES datasets ON DELETE CASCADE,
    position INTEGER NOT NULL, name TEXT NOT NULL, sha256 BLOB NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (dataset, position)) WITHOUT ROWID;
  CREATE TABLE drained_nodes (name TEXT PRIMARY KEY);
  PRAGMA user_version = 2;
)";

TEST_CASE("Datasets and models of version 2 are read as ones without a schema", "[sqlite_store]") {
  Scratch scratch;
  Sql(scratch.path(), std::string(kVersion1) + kVersion2);
  const std::string bytes = HexText(std::string(8, '\0'));
  Sql(scratch.path(),
      absl::StrCat(
          "INSERT INTO datasets VALUES ('letters', 3000, 77, 16, 26, 5);",
          "INSERT INTO dataset_files VALUES ('letters', 0, 'train_0', x'00', 9);",
          "INSERT INTO jobs VALUES (7, 'job-7', '', 1, 0, ",
          HexText(ToProto(NewJob(7)).SerializeAsString()), ", 1, 1);",
          "INSERT INTO models VALUES (7, 1, ", bytes, ", ", HexText(Sha256(std::string(8, '\0'))),
          ", ",
          HexText(
              wire::ToProto(TrainedModel(Precision::kFloat64, "job-7")->spec).SerializeAsString()),
          ", 'letters')"));
  auto store = Opened(scratch.path());
  REQUIRE(store->Load()->datasets.size() == 1);
  CHECK(store->Load()->datasets[0].training_rows == 3000);
  CHECK_FALSE(store->Load()->datasets[0].schema.has_value());
  REQUIRE(store->GetModel("job-7").ok());
  CHECK((*store->GetModel("job-7"))->schema == nullptr);
  store.reset();
  CHECK(Sql(scratch.path(), "PRAGMA user_version") == "4");
  CheckIntegrity(scratch.path());
}

TEST_CASE("A migration that fails leaves the database as it was", "[sqlite_store]") {
  Scratch scratch;
  Sql(scratch.path(), kVersion1);
  // This table is in the way of the last one.
  Sql(scratch.path(), "CREATE TABLE drained_nodes (x)");
  CHECK(OpenError(scratch.path()).code() == absl::StatusCode::kInternal);
  CHECK(Sql(scratch.path(), "PRAGMA user_version") == "1");
  CHECK(Sql(scratch.path(), "SELECT count(*) FROM sqlite_master WHERE name = 'datasets'") == "0");
  Sql(scratch.path(), "DROP TABLE drained_nodes");
  Opened(scratch.path());
}

TEST_CASE("A file that is no database is refused", "[sqlite_store]") {
  Scratch scratch;
  const std::string garbage = Garbage(100'000);
  Fill(scratch.path() / "coordinator.db", garbage);
  const absl::Status status = OpenError(scratch.path());
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK(Says(status, (scratch.path() / "coordinator.db").string()));
  CHECK(Says(status, "is damaged"));
  CHECK(Says(status, "move it away"));
  CHECK(ContentOf(scratch.path() / "coordinator.db") == garbage);
}

TEST_CASE("Damage to what is stored is told, with what it is", "[sqlite_store]") {
  Scratch scratch;
  {
    auto store = Opened(scratch.path());
    Take(*store, 1);
    const absl::Status ended =
        store->Commit({change::SaveJob{{NewJob(2), 0}},
                       change::EndJob{"job-2", TrainedModel(Precision::kFloat64, "job-2")}});
    REQUIRE(ended.ok());
  }
  const auto damage = [&](const std::string& sql) {
    Sql(scratch.path(), sql);
    return Opened(scratch.path());
  };
  const auto tells = [](const absl::Status& status, const std::string& what) {
    INFO(status);
    return absl::IsDataLoss(status) && Says(status, what);
  };
  const std::string zeros = " = zeroblob(862 * 8)";
  CHECK(tells(damage("UPDATE models SET parameters" + zeros)->GetModel("job-2").status(),
              "the model of job-2"));
  CHECK(tells(damage("UPDATE shards SET gradient" + zeros)->GetProgress("job-1").status(),
              "the gradient of shard 0 of round 2 of job-1"));
  CHECK(tells(damage("UPDATE rounds SET parameters" + zeros)->GetProgress("job-1").status(),
              "the parameters of job-1 after round 1"));
  CHECK(tells(damage("UPDATE events SET message = x'ff' WHERE sequence = 2")
                  ->Events("job-1", 1, 9)
                  .status(),
              "event 2 of job-1"));
  CHECK(tells(damage("UPDATE jobs SET message = x'' WHERE number = 1")->Load().status(), "job-1"));
}

// Copies the files of a store that is open, as they are at this moment.
void CopyFiles(const fs::path& from, const fs::path& to) {
  for (const char* name : {"coordinator.db", "coordinator.db-wal"}) {
    fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing);
  }
  fs::remove(to / "coordinator.db-shm");
}

TEST_CASE("A log that was cut off or has garbage at its end loses its last commits at most",
          "[sqlite_store]") {
  Scratch source;
  Scratch copy;
  const fs::path log = copy.path() / "coordinator.db-wal";
  auto store = Opened(source.path());
  constexpr int kSteps = 8;
  std::vector<std::size_t> sizes;  // the log's size after each step
  for (int step = 1; step <= kSteps; ++step) {
    Take(*store, step);
    sizes.push_back(fs::file_size(source.path() / "coordinator.db-wal"));
  }
  const auto steps_left = [&] {
    const int steps = StepsTaken(*Opened(copy.path()));
    CheckIntegrity(copy.path());
    return steps;
  };

  SECTION("cut off anywhere") {
    for (std::size_t size = sizes.back(); size > 5000; size -= 3001) {
      CopyFiles(source.path(), copy.path());
      fs::resize_file(log, size);
      const auto whole = std::upper_bound(sizes.begin(), sizes.end(), size) - sizes.begin();
      REQUIRE(steps_left() == static_cast<int>(whole));
    }
  }
  SECTION("garbage behind it") {
    CopyFiles(source.path(), copy.path());
    Fill(log, ContentOf(log) + Garbage(9999));
    CHECK(steps_left() == kSteps);
  }
  SECTION("garbage over its end") {
    CopyFiles(source.path(), copy.path());
    std::string bytes = ContentOf(log);
    Fill(log, bytes.replace(bytes.size() - 3000, 3000, Garbage(3000)));
    CHECK(steps_left() == kSteps - 1);
  }
  SECTION("goes on") {
    CopyFiles(source.path(), copy.path());
    fs::resize_file(log, sizes[4] - 1);
    {
      auto cut = Opened(copy.path());
      REQUIRE(StepsTaken(*cut) == 4);
      Take(*cut, 5);
    }
    CHECK(steps_left() == 5);
  }
}

TEST_CASE("A copy of a database without its log lacks what is in the log", "[sqlite_store]") {
  Scratch source;
  Scratch copy;
  auto store = Opened(source.path());
  for (int step = 1; step <= 5; ++step) Take(*store, step);
  fs::copy_file(source.path() / "coordinator.db", copy.path() / "coordinator.db");
  CHECK(StepsTaken(*Opened(copy.path())) < 5);
}

TEST_CASE("Pages of jobs that were removed are used again", "[sqlite_store]") {
  Scratch scratch;
  std::uintmax_t size = 0;
  for (std::int64_t number = 1; number <= 20; ++number) {
    auto store = Opened(scratch.path());
    const std::string id = absl::StrCat("job-", number);
    std::vector<Change> changes = {change::SaveJob{{NewJob(number), 0}}};
    for (int i = 1; i <= 500; ++i) changes.emplace_back(change::AppendEvent{id, SharedEvent(i)});
    changes.emplace_back(change::EndJob{id, TrainedModel(Precision::kFloat64, id)});
    REQUIRE(store->Commit(changes).ok());
    REQUIRE(store->Commit({change::RemoveJob{id}}).ok());
    store.reset();
    if (number == 2) size = fs::file_size(scratch.path() / "coordinator.db");
  }
  CHECK(fs::file_size(scratch.path() / "coordinator.db") == size);
}

}  // namespace
}  // namespace mlp::coordinator
