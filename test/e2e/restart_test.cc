// A coordinator that is killed, stopped, started twice and restored while a job runs: the programs,
// with the words that an operator sees.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "libmlp/data/dataset_files.h"
#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// A coordinator with a state directory at a port that it keeps, and nodes that have no data. All
// run in a directory of their own.
class RestartedCluster {
 public:
  explicit RestartedCluster(std::vector<std::string> options = {"--state-dir", "state"})
      : options_(std::move(options)) {
    Start();
    for (int number = 1; number <= 2; ++number) {
      nodes_.push_back(std::make_unique<Process>(
          std::vector<std::string>{Program("mlp-node"), "--listen", "127.0.0.1:0", "--coordinator",
                                   address_, "--name", "node-" + std::to_string(number),
                                   "--load-probability", "0.7", "--load-delay", "50ms"},
          here_));
    }
  }

  // Starts the coordinator and returns once it listens.
  void Start() {
    coordinator_ = MakeCoordinator(address_, options_);
    coordinator_->WaitForLine("listening on");
  }
  void StartWith(std::vector<std::string> options) {
    options_ = std::move(options);
    Start();
  }
  ProcessResult End(int signal) {
    coordinator_->Signal(signal);
    return coordinator_->Wait();
  }
  // Runs another one with the same options to its end.
  ProcessResult Second() const { return MakeCoordinator("127.0.0.1:0", options_)->Wait(); }

  std::unique_ptr<Process> StartClient(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {Program("mlp-client"), "--coordinator", address_});
    return std::make_unique<Process>(std::move(arguments), here_);
  }
  ProcessResult Client(std::vector<std::string> arguments) const {
    return StartClient(std::move(arguments))->Wait();
  }
  void PutLetters() const {
    const ProcessResult put =
        Client({"dataset", "put", (DatasetsDirectory() / "letters").string()});
    INFO(put.out << put.err);
    REQUIRE(put.exit_code == 0);
  }
  // Starts a client that trains the letters and follows the job.
  std::unique_ptr<Process> Train() const {
    return StartClient({"train", "letters", "--preset", "reference", "--max-retries", "100000"});
  }
  // The same, but returns when three of its rounds are done.
  std::unique_ptr<Process> TrainUntilThirdRound() const {
    std::unique_ptr<Process> client = Train();
    client->WaitForLine("round 3/30");
    return client;
  }
  Process& coordinator() { return *coordinator_; }
  Process& node(int number) { return *nodes_[static_cast<std::size_t>(number) - 1]; }
  fs::path path() const { return scratch_.path(); }

 private:
  std::unique_ptr<Process> MakeCoordinator(const std::string& listen,
                                           const std::vector<std::string>& options) const {
    std::vector<std::string> command{Program("mlp-coordinator"), "--listen", listen};
    command.insert(command.end(), options.begin(), options.end());
    return std::make_unique<Process>(std::move(command), here_);
  }

  Scratch scratch_;
  const ProcessOptions here_{{}, scratch_.path()};
  const std::string address_ = "127.0.0.1:" + std::to_string(FreePort());
  std::vector<std::string> options_;
  std::unique_ptr<Process> coordinator_;
  std::vector<std::unique_ptr<Process>> nodes_;
};

// Checks that it succeeds with the bits of an undisturbed run. Returns its output.
ProcessResult CheckSucceeds(Process& client) {
  ProcessResult followed = client.Wait();
  INFO(followed.out << followed.err);
  CHECK(followed.exit_code == 0);
  CHECK(DigestIn(followed.out) == kLettersDigest);
  return followed;
}

// The block of commands in the manual that has `text` in it.
std::string CommandsWith(const std::string& text) {
  const std::string manual =
      mlp::ReadFile(fs::path(MLP_SOURCE_DIR) / "docs" / "operations.md").value();
  const std::string fence = "\n```\n";
  const std::size_t begin = manual.rfind(fence, manual.find(text)) + fence.size();
  return manual.substr(begin, manual.find(fence, begin) - begin + 1);
}

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

TEST_CASE("when a killed coordinator is started again, its job goes on and followers say so") {
  RestartedCluster cluster;
  cluster.PutLetters();
  const auto client = cluster.TrainUntilThirdRound();
  cluster.End(SIGKILL);
  client->WaitForLine("lost the coordinator at");
  cluster.Start();
  client->WaitForLine("the coordinator was restarted: goes on after round");
  cluster.coordinator().WaitForLine("node node-1 is up");
  cluster.coordinator().WaitForLine("node node-2 is up");
  CheckSucceeds(*client);
}

TEST_CASE(
    "a coordinator that is stopped ends with 0, and its job goes on when it is started again") {
  RestartedCluster cluster;
  cluster.PutLetters();
  const auto client = cluster.TrainUntilThirdRound();
  CHECK(cluster.End(SIGTERM).exit_code == 0);
  client->WaitForLine("the coordinator is shutting down; the job goes on when it is started again");
  SECTION("where it was") { cluster.Start(); }
  SECTION("from a copy of its directory") {
    fs::copy(cluster.path() / "state", cluster.path() / "copy", fs::copy_options::recursive);
    fs::remove_all(cluster.path() / "state");
    cluster.StartWith({"--state-dir", "copy"});
  }
  CheckSucceeds(*client);
}

TEST_CASE("when a frozen coordinator goes on, its nodes register again and its job goes on") {
  RestartedCluster cluster;
  cluster.PutLetters();
  const auto client = cluster.TrainUntilThirdRound();
  for (int number = 1; number <= 2; ++number) {
    cluster.node(number).WaitForLine("registered with the coordinator as");
  }
  cluster.coordinator().Signal(SIGSTOP);
  SECTION("by itself") {
    for (int number = 1; number <= 2; ++number) {
      cluster.node(number).WaitForLine("lost the coordinator, trying again until it answers");
    }
    cluster.coordinator().Signal(SIGCONT);
  }
  SECTION("killed and started again") {
    cluster.End(SIGKILL);
    cluster.Start();
  }
  CheckSucceeds(*client);
}

TEST_CASE("a node that was drained stays so when the coordinator was killed") {
  RestartedCluster cluster;
  cluster.coordinator().WaitForLine("node node-1 is up");
  REQUIRE(cluster.Client({"drain", "node-1"}).exit_code == 0);
  cluster.End(SIGKILL);
  cluster.Start();
  cluster.PutLetters();
  CheckSucceeds(*cluster.Train());
  const std::string nodes = cluster.Client({"nodes"}).out;
  CHECK_THAT(nodes, Contains("node-1 is draining: drained by the operator"));
  // The columns are lease, slots, held, done.
  CHECK(std::regex_search(nodes, std::regex("\nnode-1 +draining +[0-9.]+ s +any +0 +0 ")));
  CHECK(std::regex_search(nodes, std::regex("\nnode-2 +up ")));
}

TEST_CASE("a second coordinator on a state directory is refused, and the first one goes on") {
  RestartedCluster cluster;
  cluster.PutLetters();
  const auto client = cluster.TrainUntilThirdRound();
  const ProcessResult second = cluster.Second();
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.err,
             Contains("state directory state is in use by another coordinator, process " +
                      std::to_string(cluster.coordinator().pid())));
  CheckSucceeds(*client);
}

TEST_CASE("a job whose client is killed goes on, and can be watched from its first event") {
  RestartedCluster cluster;
  cluster.PutLetters();
  const auto client = cluster.TrainUntilThirdRound();
  client->Signal(SIGKILL);
  client->Wait();
  CHECK_THAT(cluster.Client({"jobs"}).out, Contains("job-1") && Contains("RUNNING"));
  const ProcessResult watched = CheckSucceeds(*cluster.StartClient({"watch", "job-1"}));
  CHECK_THAT(watched.out, Contains("round 1/30") && Contains("round 30/30"));
}

TEST_CASE("a backup that is taken as the manual says has all jobs and data, and they go on") {
  try {
    Run({"sqlite3", "--version"});
  } catch (const std::runtime_error&) {
    WARN("skipped: sqlite3 is not installed");
    return;
  }
  RestartedCluster cluster;
  cluster.PutLetters();
  CheckSucceeds(*cluster.Train());
  const auto client = cluster.TrainUntilThirdRound();
  std::string commands = CommandsWith(".backup");
  ReplaceAll(commands, "/var/lib/mlp", "state");
  const ProcessResult taken = Run({"sh", "-ec", commands}, {{}, cluster.path()});
  INFO(commands << taken.err);
  REQUIRE(taken.exit_code == 0);
  cluster.End(SIGKILL);
  fs::remove_all(cluster.path() / "state");

  cluster.StartWith({"--state-dir", "backup"});
  CHECK_THAT(cluster.Client({"job", "job-1"}).out,
             Contains("SUCCEEDED") && Contains(kLettersDigest));
  CHECK_THAT(cluster.Client({"dataset", "ls"}).out, Contains("letters"));
  const ProcessResult watched = CheckSucceeds(*cluster.StartClient({"watch", "job-2"}));
  CHECK_THAT(watched.out, Contains("the coordinator was restarted: goes on after round"));
}

TEST_CASE("job logs that cannot be written are missed once in the log, and jobs go on") {
  RestartedCluster cluster({"--state-dir", "state", "--log-dir", "logs"});
  cluster.PutLetters();
  fs::remove_all(cluster.path() / "logs");
  CheckSucceeds(*cluster.Train());
  fs::create_directories(cluster.path() / "logs");
  CheckSucceeds(*cluster.Train());
  const std::string log = cluster.End(SIGTERM).err;
  const std::string missed = "cannot write job logs below logs; jobs go on without";
  CHECK_THAT(log, Contains(missed));
  CHECK(log.find(missed) == log.rfind(missed));
  CHECK(fs::file_size(cluster.path() / "logs" / "job-2.jsonl") > 0);
}
