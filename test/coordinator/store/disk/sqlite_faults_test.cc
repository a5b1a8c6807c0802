// A store whose disk fails, is full or may not be written, and one that is killed.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/coordinator/store/disk/sqlite_store.h"
#include "test/coordinator/store/disk/disk_faults.h"
#include "test/coordinator/store/disk/sqlite_fixtures.h"
#include "test/coordinator/store/store_steps.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

using namespace test;
using mlp::test::Scratch;

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
                                         {Fault::kTooLarge, false, Code::kResourceExhausted},
                                         {Fault::kTooLarge, true, Code::kResourceExhausted},
                                         {Fault::kNoQuota, true, Code::kResourceExhausted},
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
    // A call of this number fails after all that can fail.
    if (calls < call) break;
    calls = call + 1;
  }
  CHECK(failures > 3);
}

// A power cut, which no test here can make, spares only what was synced.
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
  CHECK(written == 0);  // no sync
}

// The test is long enough for the log to be copied into the database several times.
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

// A file system of its own, if the user may mount one.
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

// Returns the number behind the last "committed" of the whole lines.
int Acknowledged(const std::string& out) {
  int last = 0;
  std::istringstream lines(out.substr(0, out.rfind('\n') + 1));
  for (std::string word; lines >> word >> last;) {
  }
  return last;
}

// Checks that nothing acknowledged is lost, and that of the interrupted commit there is all or
// nothing.
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
    // The delay is about as long as a commit takes, so that the kill hits anywhere in it.
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
    // Takes every one of the first commits, then also those that copy the log into the database.
    const int call = time <= 30 ? time : static_cast<int>(1 + random() % 3000);
    const auto result =
        mlp::test::Run({MLP_BIN_DIR "/store_writer", scratch.path().string(), absl::StrCat(call)});
    REQUIRE(result.exit_code == 128 + SIGKILL);
    CheckSurvived(scratch.path(), result.out);
  }
}

}  // namespace
}  // namespace mlp::coordinator
