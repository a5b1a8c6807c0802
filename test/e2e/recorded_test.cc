// Tests that these programs read the files of earlier versions; see test/recorded/README.md.

#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

const fs::path kRecorded = fs::path(MLP_SOURCE_DIR) / "test/recorded";

// Returns the folder of each version that is recorded, and fails if there is none.
std::vector<fs::path> Recordings() {
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(kRecorded)) {
    const bool data = entry.path().filename() == "tiny";  // what the jobs are trained on
    if (entry.is_directory() && !data) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  REQUIRE_FALSE(folders.empty());
  return folders;
}

fs::path RecordedLog(const fs::path& recording, int job) {
  return recording / "logs" / ("job-" + std::to_string(job) + ".jsonl");
}

ProcessResult Client(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), Program("mlp-client"));
  return Run(arguments);
}

void CheckReplays(const fs::path& log) {
  const ProcessResult replayed = Client({"replay", log.string()});
  INFO(log << ": " << replayed.out << replayed.err);
  CHECK(replayed.exit_code == 0);
  CHECK_THAT(replayed.out, Contains("all identical"));
}

// The model digest of every recorded job that comes to its end.
std::string RecordedDigest(const fs::path& recording) {
  std::ifstream log(RecordedLog(recording, 1));
  std::string last;
  for (std::string line; std::getline(log, line);) last = line;
  const std::string key = "\"modelDigest\":\"";
  return last.substr(last.find(key) + key.size(), 64);
}

// A coordinator on a copy of the recorded state and logs, and nodes that have no data.
class GoneOn {
 public:
  explicit GoneOn(const fs::path& recording) {
    for (const char* part : {"state", "logs"}) {
      fs::copy(recording / part, scratch_.path() / part, fs::copy_options::recursive);
    }
    coordinator_ = Start({"mlp-coordinator", "--state-dir", "state", "--log-dir", "logs"});
    address_ = ListeningAddress(*coordinator_);
    for (const char* name : {"node-1", "node-2"}) {
      nodes_.push_back(Start({"mlp-node", "--coordinator", address_, "--name", name}));
    }
    nodes_[0]->WaitForLine("registered with the coordinator as");
    nodes_[1]->WaitForLine("takes no new work: drained by the operator");
  }

  std::string Client(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {Program("mlp-client"), "--coordinator", address_});
    const ProcessResult result = Run(arguments, {{}, scratch_.path()});
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    return result.out;
  }
  void Stop() {
    coordinator_->Signal(SIGTERM);
    CHECK(coordinator_->Wait().exit_code == 0);
  }
  fs::path log(int job) const {
    return scratch_.path() / "logs" / ("job-" + std::to_string(job) + ".jsonl");
  }

 private:
  std::unique_ptr<Process> Start(std::vector<std::string> command) const {
    command.front() = Program(command.front());
    command.insert(command.end(), {"--listen", "127.0.0.1:0"});
    return std::make_unique<Process>(command, ProcessOptions{{}, scratch_.path()});
  }

  Scratch scratch_;
  std::unique_ptr<Process> coordinator_;
  std::string address_;
  std::vector<std::unique_ptr<Process>> nodes_;
};

void CheckTimelines(const fs::path& recording) {
  std::string all;
  for (int job = 1; job <= 7; ++job) {
    const ProcessResult shown = Client({"timeline", RecordedLog(recording, job).string()});
    INFO(job << ": " << shown.err);
    CHECK(shown.exit_code == 0);
    all += shown.out;
  }
  for (const char* result : {"finished", "rejected", "failed", "cancelled"}) {
    CHECK_THAT(all, Contains(result));
  }
}

void CheckStateGoesOn(const fs::path& recording) {
  const std::string digest = RecordedDigest(recording);
  GoneOn cluster(recording);
  const std::string jobs = cluster.Client({"jobs"});
  for (int job = 1; job <= 8; ++job) CHECK_THAT(jobs, Contains("job-" + std::to_string(job)));
  CHECK_THAT(cluster.Client({"job", "job-3"}), Contains("CANCELLED"));
  CHECK_THAT(cluster.Client({"job", "job-4"}),
             Contains("FAILED") && Contains("ran out of retries"));
  CHECK_THAT(cluster.Client({"dataset", "ls"}), Contains("tiny"));
  CHECK_THAT(cluster.Client({"nodes"}), Contains("node-2 is draining: drained by the operator"));
  CHECK_THAT(cluster.Client({"model", "ls"}), Contains("imported"));
  for (const char* model : {"job-1", "imported"}) {
    CHECK_THAT(cluster.Client({"model", "export", model, "-o", std::string(model) + ".mlp"}),
               Contains(digest));
  }

  // One was in its second round when the coordinator stopped, one was queued behind it.
  const std::string watched = cluster.Client({"watch", "job-7"});
  CHECK_THAT(watched, Contains("the coordinator was restarted: goes on after round 1"));
  CHECK(DigestIn(watched) == digest);
  CHECK(DigestIn(cluster.Client({"watch", "job-8"})) == digest);
  cluster.Stop();
  for (const int job : {7, 8}) CheckReplays(cluster.log(job));
}

}  // namespace

TEST_CASE("the README of the recordings has a row for each") {
  const std::string rows = ContentOf(kRecorded / "README.md");
  for (const fs::path& recording : Recordings()) {
    CHECK_THAT(rows, Contains("| `" + recording.filename().string() + "` |"));
  }
}

TEST_CASE("job logs of an earlier version replay with the decisions that it made") {
  for (const fs::path& recording : Recordings()) {
    for (int job = 1; job <= 7; ++job) CheckReplays(RecordedLog(recording, job));
  }
}

TEST_CASE("a job log of an earlier version can be tried under another policy") {
  for (const fs::path& recording : Recordings()) {
    const std::string log = RecordedLog(recording, 1).string();
    const ProcessResult tried = Client({"replay", log, "--policy", "random"});
    INFO(log << ": " << tried.out << tried.err);
    CHECK(tried.exit_code == 0);
    CHECK_THAT(tried.out, Contains("With the other settings (random) the job would have taken"));
  }
}

TEST_CASE("job logs of an earlier version are shown as timelines") {
  for (const fs::path& recording : Recordings()) {
    INFO(recording.string());
    CheckTimelines(recording);
  }
}

TEST_CASE("a state directory of an earlier version has its jobs, data and nodes, which go on") {
  for (const fs::path& recording : Recordings()) {
    INFO(recording.string());
    CheckStateGoesOn(recording);
  }
}
