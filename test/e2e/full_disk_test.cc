// Disks that give out under the coordinator's state while a job runs: full, refusing to be written,
// read-only. Real programs on file systems that are mounted for the test, so only root can run it.
// Prints the times.

#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "mlp/v1/job.grpc.pb.h"
#include "services/base/retry_after.h"
#include "services/coordinator/store/disk/sqlite.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using mlp::v1::JobService;

// ---- Disks

// A file system of its own; not mounted() if this user may not mount one.
class Disk {
 public:
  virtual ~Disk() { Unmount(MNT_DETACH); }
  bool mounted() const { return mounted_; }
  fs::path state() const { return mount_point() / "state"; }
  fs::path mount_point() const { return scratch_.path() / "disk"; }

  // Takes all the room that there is.
  void Fill() {
    const int file = open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    // The pieces become smaller and smaller, until not one byte fits.
    for (std::size_t size = 1 << 16; size > 0;) {
      const ssize_t written = write(file, std::string(size, 'x').data(), size);
      if (written <= 0) size /= 2;
    }
    CHECK(errno == ENOSPC);
    close(file);
  }
  void MakeRoom() { fs::remove(ballast()); }

 protected:
  void Mount(const std::string& source, const char* type, const char* options) {
    fs::create_directories(mount_point());
    mounted_ = mount(source.c_str(), mount_point().c_str(), type, 0, options) == 0;
  }
  void Unmount(int flags) {
    if (mounted_ && umount2(mount_point().c_str(), flags) == 0) mounted_ = false;
  }
  fs::path file(const char* name) const { return scratch_.path() / name; }

 private:
  fs::path ballast() const { return mount_point() / "ballast"; }

  Scratch scratch_;
  bool mounted_ = false;
};

class MemoryDisk final : public Disk {
 public:
  MemoryDisk() { Mount("tmpfs", "tmpfs", "size=8m"); }
};

// The file system that a machine has; read-only after an error, as Debian mounts it.
class Ext4Disk final : public Disk {
 public:
  Ext4Disk() {
    std::ofstream(file("image")).close();
    fs::resize_file(file("image"), 16 << 20);
    if (geteuid() != 0 || !Succeeds({"mkfs.ext4", "-q", "-m", "0", file("image")})) return;
    device_ = Succeeds({"losetup", "--find", "--show", file("image")});
    if (device_) Mount();
  }
  ~Ext4Disk() override {
    Unmount(MNT_DETACH);
    if (device_) Succeeds({"losetup", "--detach", *device_});
  }

  // Makes it read-only as an error of the disk does: files that are open for writing cannot be
  // written any more, either. Returns false if this kernel cannot do so on purpose.
  bool Break() {
    std::ofstream trigger("/sys/fs/ext4/" + fs::path(*device_).filename().string() +
                          "/trigger_fs_error");
    trigger << "a test's" << std::flush;
    return trigger.good();
  }
  // Mounts it anew, so that it can be written again. Nobody may use it meanwhile.
  void Repair() {
    Unmount(0);
    REQUIRE_FALSE(mounted());
    Mount();
    REQUIRE(mounted());
  }

 private:
  // Runs the command; returns its first line of output if it ended with 0.
  static std::optional<std::string> Succeeds(std::vector<std::string> command) {
    try {
      const ProcessResult result = Run(std::move(command));
      if (result.exit_code != 0) return std::nullopt;
      return result.out.substr(0, result.out.find('\n'));
    } catch (const std::runtime_error&) {
      return std::nullopt;  // not installed
    }
  }
  void Mount() { Disk::Mount(*device_, "ext4", "errors=remount-ro"); }

  std::optional<std::string> device_;
};

// A file that is open cannot be written any more, either.
void SetImmutable(const fs::path& path, bool immutable) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int flags = 0;
  REQUIRE(ioctl(file, FS_IOC_GETFLAGS, &flags) == 0);
  flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  REQUIRE(ioctl(file, FS_IOC_SETFLAGS, &flags) == 0);
  close(file);
}

void CheckIntegrity(const fs::path& state) {
  using mlp::coordinator::sqlite::Create;
  using mlp::coordinator::sqlite::Database;
  using mlp::coordinator::sqlite::Row;
  auto database = Database::Open(state / "coordinator.db", Create::kNo);
  REQUIRE(database.ok());
  std::string said;
  const auto status = database->Query("PRAGMA integrity_check", {}, [&](const Row& row) {
    said += row.String(0);
    return absl::OkStatus();
  });
  INFO(status);
  CHECK(said == "ok");
}

// ---- The job

// The letters job on real programs, the coordinator's state on that disk. A client watches it.
class LettersJob {
 public:
  explicit LettersJob(const Disk& disk) : state_(disk.state()) {
    StartCoordinator();
    stub_ = JobService::NewStub(mlp::rpc::MakeChannel(address_));
    for (int number = 1; number <= 2; ++number) {
      nodes_.push_back(std::make_unique<Process>(std::vector<std::string>{
          Program("mlp-node"), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory(),
          "--name", "node-" + std::to_string(number), "--coordinator", address_,
          "--load-probability", "0.7", "--load-delay", "100ms"}));
    }
    client_ = StartClient({"train", "letters", "--preset", "reference", "--max-retries", "100000"});
    client_->WaitForLine("\"roundFinished\"");
  }

  void StartCoordinator() {
    coordinator_ = MakeCoordinator();
    coordinator_->WaitForLine("listening on");
  }
  // Returns the result of a coordinator that cannot start.
  ProcessResult RefusedCoordinator() { return MakeCoordinator()->Wait(); }
  int StopCoordinator(int signal) {
    coordinator_->Signal(signal);
    return coordinator_->Wait().exit_code;
  }

  mlp::v1::Job Get() {
    mlp::v1::GetJobRequest request;
    request.set_id("job-1");
    mlp::v1::GetJobResponse response;
    // The first call after a restart may be the one that notices that the connection is gone.
    grpc::Status status(grpc::StatusCode::UNAVAILABLE, "");
    for (int time = 0; time < 3 && status.error_code() == grpc::StatusCode::UNAVAILABLE; ++time) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      context.set_deadline(std::chrono::system_clock::now() + 10s);
      status = stub_->GetJob(&context, request, &response);
    }
    INFO(status.error_message());
    REQUIRE(status.ok());
    return response.job();
  }
  // Asks for the job until `is_so`.
  mlp::v1::Job WaitUntil(const std::function<bool(const mlp::v1::Job&)>& is_so) {
    const auto deadline = Clock::now() + 30s;
    mlp::v1::Job job = Get();
    while (!is_so(job) && Clock::now() < deadline) {
      std::this_thread::sleep_for(1ms);
      job = Get();
    }
    INFO(job.ShortDebugString());
    REQUIRE(is_so(job));
    return job;
  }
  grpc::Status CreateAnother() {
    mlp::v1::CreateJobRequest request;
    request.mutable_spec()->set_dataset("letters");
    mlp::v1::CreateJobResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 10s);
    return stub_->CreateJob(&context, request, &response);
  }
  // Returns the client's output for the job.
  std::string Said(const std::string& command) {
    return StartClient({command, "job-1"})->Wait().out;
  }

  // Checks that the job succeeds with its digest, its watcher missed nothing, and the state is
  // whole.
  void CheckEnd() {
    const ProcessResult watched = client_->Wait();
    INFO(watched.out.substr(watched.out.size() - std::min<std::size_t>(watched.out.size(), 2000)));
    INFO(watched.err);
    CHECK(watched.exit_code == 0);
    CHECK_THAT(watched.out, Contains("\"modelDigest\":\"" + kLettersDigest + "\""));
    std::int64_t sequence = 0;
    std::istringstream lines(watched.out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("{\"sequence\":")) continue;
      REQUIRE_THAT(line, StartsWith("{\"sequence\":\"" + std::to_string(++sequence) + "\""));
    }
    CHECK(Get().state() == mlp::v1::JOB_STATE_SUCCEEDED);
    CHECK(StopCoordinator(SIGTERM) == 0);
    CheckIntegrity(state_);
  }

 private:
  std::unique_ptr<Process> MakeCoordinator() const {
    return std::make_unique<Process>(
        std::vector<std::string>{Program("mlp-coordinator"), "--listen", address_, "--data-dir",
                                 DatasetsDirectory(), "--state-dir", state_});
  }
  std::unique_ptr<Process> StartClient(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {Program("mlp-client"), "--coordinator", address_, "--json"});
    return std::make_unique<Process>(std::move(arguments));
  }

  const fs::path state_;
  const std::string address_ = "127.0.0.1:" + std::to_string(FreePort());
  std::unique_ptr<Process> coordinator_;
  std::vector<std::unique_ptr<Process>> nodes_;
  std::unique_ptr<JobService::Stub> stub_;
  std::unique_ptr<Process> client_;
};

double Since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

bool IsPaused(const mlp::v1::Job& job) { return job.detail().starts_with("paused: "); }

// The job pauses and says why, others are refused for the same reason. Returns it.
mlp::v1::Job CheckPauses(LettersJob& job, const std::string& reason, grpc::StatusCode code) {
  const auto begin = Clock::now();
  mlp::v1::Job paused = job.WaitUntil(IsPaused);
  std::cout << "paused after " << Since(begin) << " s: " << paused.detail() << std::endl;
  CHECK(paused.state() == mlp::v1::JOB_STATE_RUNNING);
  CHECK_THAT(paused.detail(), Contains(reason));
  for (const char* command : {"job", "explain"}) {
    CHECK_THAT(job.Said(command), Contains("paused: ") && Contains(reason));
  }
  const grpc::Status refused = job.CreateAnother();
  CHECK(refused.error_code() == code);
  CHECK_THAT(refused.error_message(), Contains(reason));
  CHECK(mlp::RetryAfterOf(mlp::rpc::FromGrpcStatus(refused)).has_value());
  return paused;
}

void CheckGoesOn(LettersJob& job, const mlp::v1::Job& paused) {
  const auto begin = Clock::now();
  job.WaitUntil([](const auto& now) { return !IsPaused(now); });
  std::cout << "not paused any more after " << Since(begin) << " s";
  job.WaitUntil([&](const auto& now) { return now.rounds_done() > paused.rounds_done(); });
  std::cout << ", its next round done after " << Since(begin) << " s" << std::endl;
  job.CheckEnd();
}

#define SKIP_UNLESS(possible, why) \
  if (!(possible)) {               \
    WARN("skipped: " why);         \
    return;                        \
  }

}  // namespace

TEST_CASE("a full disk pauses the job, and it goes on to the same bits when there is room") {
  std::unique_ptr<Disk> disk;
  SECTION("tmpfs") { disk = std::make_unique<MemoryDisk>(); }
  SECTION("ext4") { disk = std::make_unique<Ext4Disk>(); }
  SKIP_UNLESS(disk->mounted(), "this user may not mount");
  LettersJob job(*disk);
  disk->Fill();
  const auto paused = CheckPauses(job, "no room in " + disk->state().string(),
                                  grpc::StatusCode::RESOURCE_EXHAUSTED);
  disk->MakeRoom();
  CheckGoesOn(job, paused);
}

TEST_CASE("a database that may not be written pauses the job, and it goes on when it may") {
  Ext4Disk disk;
  SKIP_UNLESS(disk.mounted(), "this user may not mount");
  LettersJob job(disk);
  const auto set_immutable = [&](bool immutable) {
    for (const char* name : {"coordinator.db", "coordinator.db-wal"}) {
      SetImmutable(disk.state() / name, immutable);
    }
  };
  set_immutable(true);
  const auto paused = CheckPauses(job, disk.state().string(), grpc::StatusCode::UNAVAILABLE);
  CHECK_THAT(paused.detail(), StartsWith("paused: cannot use " + disk.state().string()) &&
                                  Contains("disk I/O error") &&
                                  Contains("see to the disk and to who may write there"));
  set_immutable(false);
  CheckGoesOn(job, paused);
}

// Nobody may make a file system read-only while files are open for writing, but an error does. It
// can only be written again after it was unmounted, so this coordinator cannot go on by itself.
TEST_CASE(
    "a disk that went read-only pauses the job and refuses a start, mounted anew it goes on") {
  Ext4Disk disk;
  SKIP_UNLESS(disk.mounted(), "this user may not mount");
  LettersJob job(disk);
  SKIP_UNLESS(disk.Break(), "this kernel has no trigger_fs_error");
  const auto paused = CheckPauses(job, disk.state().string(), grpc::StatusCode::UNAVAILABLE);
  job.StopCoordinator(SIGKILL);
  const ProcessResult refused = job.RefusedCoordinator();
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains(disk.state().string()) && Contains("Read-only file system"));
  disk.Repair();
  job.StartCoordinator();
  CheckGoesOn(job, paused);
}
