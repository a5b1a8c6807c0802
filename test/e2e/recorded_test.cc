// Tests that these programs read the files of an earlier version; see test/recorded/README.md.

#include <signal.h>

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

fs::path Recording() { return fs::path(MLP_SOURCE_DIR) / "test/recorded/764d06b"; }
fs::path RecordedLog(int job) {
  return Recording() / "logs" / ("job-" + std::to_string(job) + ".jsonl");
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
std::string RecordedDigest() {
  std::ifstream log(RecordedLog(1));
  std::string last;
  for (std::string line; std::getline(log, line);) last = line;
  const std::string key = "\"modelDigest\":\"";
  return last.substr(last.find(key) + key.size(), 64);
}

// A coordinator on a copy of the recorded state and logs, and nodes that have no data.
class GoneOn {
 public:
  GoneOn() {
    for (const char* part : {"state", "logs"}) {
      fs::copy(Recording() / part, scratch_.path() / part, fs::copy_options::recursive);
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

}  // namespace

TEST_CASE("job logs of an earlier version replay with the decisions that it made") {
  for (int job = 1; job <= 7; ++job) CheckReplays(RecordedLog(job));
}

TEST_CASE("a job log of an earlier version can be tried under another policy") {
  const ProcessResult tried = Client({"replay", RecordedLog(1).string(), "--policy", "random"});
  INFO(tried.out << tried.err);
  CHECK(tried.exit_code == 0);
  CHECK_THAT(tried.out, Contains("With the other settings (random) the job would have taken"));
}

TEST_CASE("job logs of an earlier version are shown as timelines") {
  std::string all;
  for (int job = 1; job <= 7; ++job) {
    const ProcessResult shown = Client({"timeline", RecordedLog(job).string()});
    INFO(job << ": " << shown.err);
    CHECK(shown.exit_code == 0);
    all += shown.out;
  }
  for (const char* result : {"finished", "rejected", "failed", "cancelled"}) {
    CHECK_THAT(all, Contains(result));
  }
}

TEST_CASE("a state directory of an earlier version has its jobs, data and nodes, which go on") {
  const std::string digest = RecordedDigest();
  GoneOn cluster;
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
