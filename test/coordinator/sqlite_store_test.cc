// What only a store on disk can go through; store_test.cc has the rest.
#include "services/coordinator/sqlite_store.h"

#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "test/coordinator/disk_faults.h"
#include "test/coordinator/store_fixtures.h"
#include "test/coordinator/store_steps.h"
#include "test/e2e/scratch.h"
#include "test/process.h"

namespace mlp::coordinator {
namespace {

using namespace test;
using mlp::test::Scratch;
namespace fs = std::filesystem;

std::unique_ptr<SqliteStore> Opened(const fs::path& directory) {
  auto store = SqliteStore::Open(directory);
  INFO(store.status());
  REQUIRE(store.ok());
  return *std::move(store);
}

absl::Status OpenError(const fs::path& directory) {
  const auto store = SqliteStore::Open(directory);
  REQUIRE_FALSE(store.ok());
  return store.status();
}

bool Says(const absl::Status& status, const std::string& text) {
  return status.ToString().find(text) != std::string::npos;
}

void Take(Store& store, int step) {
  const absl::Status status = store.Commit(StepChanges(step));
  INFO(status);
  REQUIRE(status.ok());
}

// Runs statements on the database as an operator's shell would; returns the first row's first text.
std::string Sql(const fs::path& directory, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((directory / "coordinator.db").c_str(), &database) == SQLITE_OK);
  std::string text;
  const auto keep = [](void* to, int, char** values, char**) {
    auto& text = *static_cast<std::string*>(to);
    if (text.empty() && values[0] != nullptr) text = values[0];
    return 0;
  };
  char* error = nullptr;
  sqlite3_exec(database, sql.c_str(), keep, &text, &error);
  const std::string message = error == nullptr ? "" : error;
  sqlite3_free(error);
  sqlite3_close(database);
  REQUIRE(message == "");
  return text;
}

void CheckIntegrity(const fs::path& directory) {
  CHECK(Sql(directory, "PRAGMA integrity_check") == "ok");
  CHECK(Sql(directory, "PRAGMA foreign_key_check").empty());
}

std::string Contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Fill(const fs::path& file, const std::string& contents) {
  std::ofstream(file, std::ios::binary) << contents;
}

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
  Sql(scratch.path(), "PRAGMA journal_mode = DELETE; PRAGMA user_version = 3");
  const std::string before = Contents(scratch.path() / "coordinator.db");
  const absl::Status status = OpenError(scratch.path());
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(Says(status, "has version 3, this program knows versions up to 2"));
  CHECK(Contents(scratch.path() / "coordinator.db") == before);
}

// As version 1 had them, written out once more: they must never change.
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
  CHECK(Sql(scratch.path(), "PRAGMA user_version") == "2");
  CheckIntegrity(scratch.path());
}

TEST_CASE("A migration that fails leaves the database as it was", "[sqlite_store]") {
  Scratch scratch;
  Sql(scratch.path(), kVersion1);
  // In the way of the last table.
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
  CHECK(Says(status, "move it away"));
  CHECK(Contents(scratch.path() / "coordinator.db") == garbage);
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
  std::vector<std::size_t> sizes;  // of the log, after each step
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
    Fill(log, Contents(log) + Garbage(9999));
    CHECK(steps_left() == kSteps);
  }
  SECTION("garbage over its end") {
    CopyFiles(source.path(), copy.path());
    std::string bytes = Contents(log);
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

// A store that has taken five steps, in a directory of its own.
struct Stepped {
  Stepped() {
    for (int step = 1; step <= 5; ++step) Take(*store, step);
  }
  Scratch scratch;
  std::unique_ptr<SqliteStore> store = Opened(scratch.path());
};

TEST_CASE("A commit in which the disk fails leaves nothing, and succeeds when tried again",
          "[sqlite_store]") {
  using Code = absl::StatusCode;
  const auto [fault, lasting, code] =
      GENERATE(table<Fault, bool, Code>({{Fault::kNoRoom, false, Code::kResourceExhausted},
                                         {Fault::kNoRoom, true, Code::kResourceExhausted},
                                         {Fault::kReadOnly, true, Code::kUnavailable},
                                         {Fault::kError, false, Code::kUnavailable}}));
  int failures = 0;
  for (int call = 1, calls = 1; call <= calls; ++call) {
    INFO("call " << call);
    Stepped stepped;
    BreakDisk(call, fault, lasting);
    const absl::Status status = stepped.store->Commit(StepChanges(6));
    calls = MendDisk();
    INFO(status);
    if (!status.ok()) {
      ++failures;
      REQUIRE(status.code() == code);
      REQUIRE(Says(status, stepped.scratch.path().string()));
      REQUIRE(StepsTaken(*stepped.store) == 5);
      Take(*stepped.store, 6);
    }
    Take(*stepped.store, 7);
    REQUIRE(StepsTaken(*stepped.store) == 7);
    stepped.store = nullptr;
    REQUIRE(StepsTaken(*Opened(stepped.scratch.path())) == 7);
    CheckIntegrity(stepped.scratch.path());
    // Such a call fails after all that is there to fail.
    if (calls < call) break;
    calls = call + 1;
  }
  CHECK(failures > 3);
}

// What survives a power cut, which no test here can make, is what was synced.
TEST_CASE("A sync that fails says so and succeeds when tried again", "[sqlite_store]") {
  Stepped stepped;
  Take(*stepped.store, 6);
  BreakDisk(1, Fault::kNoSync, true);
  const absl::Status status = stepped.store->Sync();
  CHECK(MendDisk() >= 1);
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(status.message()), Catch::Contains("cannot sync"));
  CHECK(StepsTaken(*stepped.store) == 6);
  CHECK(stepped.store->Sync().ok());
  Take(*stepped.store, 7);
  BreakDisk(1, Fault::kNoSync, true);
  CHECK_FALSE(stepped.store->Sync().ok());
  MendDisk();
  CHECK(stepped.store->Sync().ok());
  CheckIntegrity(stepped.scratch.path());
}

TEST_CASE("A commit does not wait for the disk, and the sync after it does", "[sqlite_store]") {
  Stepped stepped;
  BreakDisk(1000, Fault::kNoSync, false);
  Take(*stepped.store, 6);
  const int written = MendDisk();
  BreakDisk(1000, Fault::kNoSync, false);
  CHECK(stepped.store->Sync().ok());
  CHECK(MendDisk() >= 1);
  CHECK(written == 0);  // of syncs
}

// Long enough for the log to be copied into the database several times.
TEST_CASE("A disk that fails now and then loses nothing", "[sqlite_store]") {
  std::mt19937 random(7);
  Scratch scratch;
  auto store = Opened(scratch.path());
  int step = 1;
  int failures = 0;
  while (step <= 400) {
    BreakDisk(1 + static_cast<int>(random() % 100), Fault(random() % 3), random() % 2 == 0);
    absl::Status status;
    while (status.ok() && step <= 400) {
      status = store->Commit(StepChanges(step));
      if (status.ok()) ++step;
    }
    MendDisk();
    if (status.ok()) break;
    ++failures;
    INFO(status);
    REQUIRE(StepsTaken(*store) == step - 1);
    Take(*store, step++);
  }
  CHECK(failures > 20);
  store.reset();
  CHECK(StepsTaken(*Opened(scratch.path())) == step - 1);
  CheckIntegrity(scratch.path());
}

TEST_CASE("A disk that fails for long is waited for, and then nothing is missing",
          "[sqlite_store]") {
  const Fault fault = GENERATE(Fault::kNoRoom, Fault::kReadOnly, Fault::kError);
  Stepped stepped;
  for (int time = 1; time <= 20; ++time) {
    BreakDisk(time % 7 + 1, fault, true);
    const bool committed = stepped.store->Commit(StepChanges(6)).ok();
    MendDisk();
    REQUIRE_FALSE(committed);
    REQUIRE(StepsTaken(*stepped.store) == 5);
  }
  Take(*stepped.store, 6);
  stepped.store = nullptr;
  CHECK(StepsTaken(*Opened(stepped.scratch.path())) == 6);
  CheckIntegrity(stepped.scratch.path());
}

TEST_CASE("Pages of jobs that were removed are used again", "[sqlite_store]") {
  Scratch scratch;
  std::uintmax_t size = 0;
  for (std::int64_t number = 1; number <= 20; ++number) {
    auto store = Opened(scratch.path());
    const std::string id = absl::StrCat("job-", number);
    std::vector<Change> changes = {change::SaveJob{{NewJob(number), 0}}};
    for (int i = 1; i <= 500; ++i) changes.emplace_back(change::AppendEvent{id, Event(i)});
    changes.emplace_back(change::EndJob{id, TrainedModel(Precision::kFloat64, id)});
    REQUIRE(store->Commit(changes).ok());
    REQUIRE(store->Commit({change::RemoveJob{id}}).ok());
    store.reset();
    if (number == 2) size = fs::file_size(scratch.path() / "coordinator.db");
  }
  CHECK(fs::file_size(scratch.path() / "coordinator.db") == size);
}

// A file system of its own, where the user may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) {
    mounted_ = mount("tmpfs", scratch_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(scratch_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const fs::path& path() const { return scratch_.path(); }
  bool SetReadOnly(bool read_only) {
    return mount("", path().c_str(), "", MS_REMOUNT | (read_only ? 0ul + MS_RDONLY : 0ul),
                 nullptr) == 0;
  }

 private:
  Scratch scratch_;
  bool mounted_ = false;
};

TEST_CASE("A full disk loses nothing, and with room again the same commit succeeds",
          "[sqlite_store]") {
  SmallDisk disk("2m");
  if (!disk.mounted()) {
    WARN("skipped: this user may not mount");
    return;
  }
  Fill(disk.path() / "ballast", std::string(1'500'000, 'x'));
  auto store = Opened(disk.path());
  absl::Status status;
  int step = 0;
  while (status.ok()) status = store->Commit(StepChanges(++step));
  INFO(status);
  CHECK(status.code() == absl::StatusCode::kResourceExhausted);
  CHECK(Says(status, "no room in " + disk.path().string()));
  CHECK(step > 2);
  for (int time = 0; time < 5; ++time) CHECK_FALSE(store->Commit(StepChanges(step)).ok());
  CHECK(StepsTaken(*store) == step - 1);
  CheckIntegrity(disk.path());
  fs::remove(disk.path() / "ballast");
  for (int more = 0; more < 5; ++more) Take(*store, step + more);
  store.reset();
  CHECK(StepsTaken(*Opened(disk.path())) == step + 4);
  CheckIntegrity(disk.path());
}

TEST_CASE("A read-only state directory is refused, and as it was when it can be written again",
          "[sqlite_store]") {
  SmallDisk disk("4m");
  if (!disk.mounted()) {
    WARN("skipped: this user may not mount");
    return;
  }
  Take(*Opened(disk.path()), 1);
  REQUIRE(disk.SetReadOnly(true));
  const absl::Status status = OpenError(disk.path());
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(Says(status, "Read-only file system"));
  REQUIRE(disk.SetReadOnly(false));
  CHECK(StepsTaken(*Opened(disk.path())) == 1);
}

// The number behind the last "committed", of whole lines.
int Acknowledged(const std::string& out) {
  int last = 0;
  std::istringstream lines(out.substr(0, out.rfind('\n') + 1));
  for (std::string word; lines >> word >> last;) {
  }
  return last;
}

// Nothing acknowledged is lost; of the commit that was interrupted there is all or nothing.
void CheckSurvived(const fs::path& directory, const std::string& out) {
  INFO(out);
  const int acknowledged = Acknowledged(out);
  const int steps = StepsTaken(*Opened(directory));
  REQUIRE(steps >= acknowledged);
  REQUIRE(steps <= acknowledged + 1);
  CheckIntegrity(directory);
}

TEST_CASE("A coordinator killed at any moment loses no commit that it was told of",
          "[sqlite_store]") {
  Scratch scratch;
  std::mt19937 random(20261124);
  for (int time = 0; time < 50; ++time) {
    mlp::test::Process writer({MLP_BIN_DIR "/store_writer", scratch.path().string()});
    const std::string open = writer.WaitForLine("open ");
    const int first = std::stoi(open.substr(5));
    writer.WaitForLine(absl::StrCat("committed ", first + 1 + static_cast<int>(random() % 5)));
    // About as long as a commit takes: so that it is hit anywhere.
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 5000);
    while (std::chrono::steady_clock::now() < until) {
    }
    writer.Signal(SIGKILL);
    CheckSurvived(scratch.path(), writer.Wait().out);
  }
}

TEST_CASE("A coordinator killed in any write of a commit, with half of it done, loses no other",
          "[sqlite_store]") {
  Scratch scratch;
  std::mt19937 random(7);
  for (int time = 1; time <= 40; ++time) {
    // Every one of the first commits, then also where the log is copied into the database.
    const int call = time <= 30 ? time : static_cast<int>(1 + random() % 3000);
    const auto result =
        mlp::test::Run({MLP_BIN_DIR "/store_writer", scratch.path().string(), absl::StrCat(call)});
    REQUIRE(result.exit_code == 128 + SIGKILL);
    CheckSurvived(scratch.path(), result.out);
  }
}

}  // namespace
}  // namespace mlp::coordinator
