// The three programs as processes, as a user runs them.

#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTrain{"train",     "letters",       "--preset",
                                      "reference", "--max-retries", "100000"};

// A cluster with its training under way.
struct Training {
  ProgramClusterOptions options;
  bool faults = false;
  std::unique_ptr<ProgramCluster> cluster;
  std::unique_ptr<Process> client;

  std::string Name() const {
    return std::to_string(options.nodes) + " nodes, " + options.policy + ", load " +
           std::to_string(options.load_probability).substr(0, 3) +
           (faults ? ", one SIGKILL, one SIGSTOP" : "");
  }
  void Start() {
    cluster = std::make_unique<ProgramCluster>(options);
    client = cluster->StartClient(kTrain);
  }
  void InjectFaults() {
    if (!faults) return;
    client->WaitForLine("round 2/30", std::chrono::seconds(120));
    cluster->node(0).Signal(SIGKILL);
    cluster->node(1).Signal(SIGSTOP);
  }
  std::string Digest() {
    const ProcessResult result = client->Wait(std::chrono::seconds(600));
    const std::string digest = DigestIn(result.out);
    std::cout << digest << "  " << Name() << std::endl;
    INFO(Name() << "\n" << result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.out, Contains("1166 of 3500"));
    return digest;
  }
};

// Checks every digest. The jobs run all at once, because under load they mostly wait.
void CheckDigests(const std::string& policy, double load, const std::string& expected) {
  std::vector<Training> trainings;
  for (const int nodes : {1, 2, 4, 7}) {
    for (const bool faults : {false, true}) {
      if (faults && nodes < 4) continue;
      Training training;
      training.options.nodes = nodes;
      training.options.policy = policy;
      training.options.load_probability = load;
      training.faults = faults;
      trainings.push_back(std::move(training));
    }
  }
  for (Training& training : trainings) training.Start();
  for (Training& training : trainings) training.InjectFaults();
  for (Training& training : trainings) CHECK(training.Digest() == expected);
}

std::string ReferenceDigest() {
  ProgramCluster cluster({});
  const std::string digest = DigestIn(cluster.Client(kTrain).out);
  REQUIRE(digest.size() == 64);
  return digest;
}

}  // namespace

TEST_CASE("one digest for any number of nodes, policy, load, with a killed and a frozen node") {
  const std::string expected = ReferenceDigest();
  for (const std::string policy : {"random", "least-load", "pull"}) {
    for (const double load : {0.0, 0.8}) CheckDigests(policy, load, expected);
  }
}

TEST_CASE("the model that was trained has the reference's error on its eleventh shard") {
  ProgramCluster cluster({});
  const ProcessResult trained = cluster.Client(kTrain);
  INFO(trained.out << trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK_THAT(trained.out, Contains("0.3331 (1166 of 3500"));
  const std::string shard = (DatasetsDirectory() / "letters" / "train_letters11.txt").string();
  const ProcessResult evaluated = cluster.Client({"evaluate", "job-1", shard});
  INFO(evaluated.out << evaluated.err);
  CHECK(evaluated.exit_code == 0);
  CHECK_THAT(evaluated.out, Contains("0.3280") && Contains("492 of 1500"));
  CHECK_THAT(evaluated.out, Contains(DigestIn(trained.out)));
  for (const int code : cluster.Stop()) CHECK(code == 0);
}

TEST_CASE("the reference's three command lines end with the reference's numbers") {
  Scratch directory;
  fs::create_directory_symlink(DatasetsDirectory(), directory.path() / "datasets");
  ProcessOptions here;
  here.directory = directory.path();
  std::vector<std::unique_ptr<Process>> nodes;
  std::ofstream list(directory.path() / "compute_nodes.txt");
  for (int number = 0; number < 4; ++number) {
    const std::string port = std::to_string(FreePort());
    nodes.push_back(std::make_unique<Process>(
        std::vector<std::string>{Program("mlp-node"), port, "0.0"}, here));
    nodes.back()->WaitForLine("listening on");
    list << "localhost," << port << "\n";
  }
  list.close();
  const std::string port = std::to_string(FreePort());
  Process coordinator({Program("mlp-coordinator"), port, "1"}, here);
  coordinator.WaitForLine("listening on");
  Process client(
      {Program("mlp-client"), "localhost", port, "./datasets/letters", "30", "10", "20", "0.0001"},
      here);
  const ProcessResult result = client.Wait();
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("0.3331 (1166 of 3500"));
}

TEST_CASE("a node that starts after the job was submitted is used") {
  const int port = FreePort();
  Process coordinator({Program("mlp-coordinator"), "--listen", "127.0.0.1:0", "--data-dir",
                       DatasetsDirectory().string(), "--nodes",
                       "127.0.0.1:" + std::to_string(port)});
  const std::string address = ListeningAddress(coordinator);
  Process client({Program("mlp-client"), "--coordinator", address, "train", "letters", "--preset",
                  "reference", "--rounds", "3"});
  CHECK_THAT(client.WaitForLine("no node is up"), Contains(std::to_string(port)));
  Process node({Program("mlp-node"), "--listen", "127.0.0.1:" + std::to_string(port), "--data-dir",
                DatasetsDirectory().string()});
  const ProcessResult result = client.Wait();
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("SUCCEEDED"));
}

TEST_CASE("a follower of a job that a restarted coordinator has lost is told so") {
  const std::string port = std::to_string(FreePort());
  const std::string address = std::string("127.0.0.1:") + port;
  Process node(
      {Program("mlp-node"), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory().string()});
  const std::vector<std::string> coordinator_command{
      Program("mlp-coordinator"), "--listen", address, "--data-dir", DatasetsDirectory().string()};
  Process first(coordinator_command);  // without nodes: its job only waits
  first.WaitForLine("state in memory only");
  Process follower({Program("mlp-client"), "--coordinator", address, "train", "letters"});
  follower.WaitForLine("no node is up");
  first.Signal(SIGKILL);
  first.Wait();

  std::vector<std::string> with_node = coordinator_command;
  with_node.insert(with_node.end(), {"--nodes", ListeningAddress(node)});
  Process second(with_node);
  ListeningAddress(second);
  const bool another = GENERATE(false, true);  // job has its number
  if (another) {
    REQUIRE(
        Run({Program("mlp-client"), "--coordinator", address, "train", "letters", "--rounds", "1"})
            .exit_code == 0);
  }
  const ProcessResult result = follower.Wait();
  INFO(result.out << result.err);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err,
             Contains("was restarted and has lost this job") && Contains("submit the job again"));
  CHECK_THAT(result.out, !Contains("round 1/"));  // of a stranger's job
}

TEST_CASE("the servers' help names what options take, and the reference's arguments") {
  for (const std::string program : {"mlp-coordinator", "mlp-node"}) {
    const ProcessResult help = Run({Program(program), "--help"});
    CHECK(help.exit_code == 0);
    CHECK_THAT(help.out, Contains("--listen HOST:PORT=0.0.0.0:909") && Contains("--data-dir DIR") &&
                             Contains("[port] [p") && !Contains("TEXT") && !Contains("(0x)"));
  }
}

TEST_CASE("output that cannot be written is an error, not silence") {
  const ProcessResult result = Run({"sh", "-c", Program("mlp-client") + " --help > /dev/full"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("cannot write to standard output"));
}

TEST_CASE("a client whose reader has gone ends at its next line, in silence, and its job goes on") {
  ProgramCluster cluster({});
  REQUIRE(cluster.Client({"train", "letters", "--rounds", "100000", "--detach"}).exit_code == 0);
  const std::string watch = Program("mlp-client") + " --coordinator " +
                            cluster.coordinator_address() + " watch job-1 | head -n 1";
  // The shell ignores SIGPIPE, as it would if its parent did: the client must end all the same.
  const ProcessResult result = Run({"sh", "-c", "trap '' PIPE; " + watch});
  CHECK(result.exit_code == 0);
  CHECK_FALSE(result.out.empty());
  CHECK(result.err.empty());
  CHECK_THAT(cluster.Client({"job", "job-1"}).out, Contains("RUNNING"));
  CHECK(cluster.Client({"cancel", "job-1"}).exit_code == 0);
}

TEST_CASE("a port in use is refused with what to do, and the program that has it goes on") {
  ProgramCluster cluster({});
  const std::string& address = cluster.coordinator_address();
  for (const std::string program : {"mlp-coordinator", "mlp-node"}) {
    const ProcessResult result =
        Run({Program(program), "--listen", address, "--data-dir", DatasetsDirectory().string()});
    INFO(result.err);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err,
               Contains("cannot listen on " + address) && Contains("is another program using it?"));
    CHECK_THAT(result.err, !Contains("gRPC") && !Contains(".cc:"));
    Process elsewhere(
        {Program(program), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory().string()});
    elsewhere.WaitForLine("listening on 127.0.0.1:");
  }
  CHECK(cluster.Client({"jobs"}).exit_code == 0);
}

TEST_CASE("an instruction set that the machine lacks is refused with those that it has") {
  const std::string environment = "MLP_INSTRUCTION_SET=avx1024";
  for (const std::string program : {"mlp-coordinator", "mlp-node", "mlp-client"}) {
    std::vector<std::string> command{"/usr/bin/env", environment, Program(program)};
    if (program == "mlp-client") command.emplace_back("jobs");
    const ProcessResult result = Run(command);
    INFO(result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err,
               Contains("MLP_INSTRUCTION_SET is 'avx1024'") && Contains("scalar-fma, avx2"));
  }
}

TEST_CASE("an option that is not UTF-8 is refused by its name, unless it is a path") {
  const ProcessResult node = Run({Program("mlp-node"), "--listen", "127.0.0.1:0", "--coordinator",
                                  "127.0.0.1:1", "--name", "caf\xe9"});
  CHECK(node.exit_code == 2);
  CHECK_THAT(node.err, Contains("--name: 'caf\\xe9' is not text in UTF-8"));
  const ProcessResult path = Run(
      {Program("mlp-node"), "--data-dir", "/caf\xe9", "--healthcheck", "--listen", "127.0.0.1:1"});
  CHECK(path.exit_code == 1);  // nothing listens there
}

TEST_CASE("health checks answer 0 while a program serves and 1 otherwise") {
  ProgramCluster cluster({});
  const std::string& address = cluster.coordinator_address();
  CHECK(Run({Program("mlp-coordinator"), "--healthcheck", "--listen", address}).exit_code == 0);
  CHECK(Run({Program("mlp-node"), "--healthcheck", "--listen", address}).exit_code == 1);
  for (const int code : cluster.Stop()) CHECK(code == 0);
  CHECK(Run({Program("mlp-coordinator"), "--healthcheck", "--listen", address}).exit_code == 1);
}

TEST_CASE("job logs hold every event of a job, a line of JSON each") {
  Scratch directory;
  Process node({Program("mlp-node"), "--listen", "127.0.0.1:0", "--data-dir",
                DatasetsDirectory().string(), "--load-probability", "0.5", "--load-delay", "1ms"});
  Process coordinator({Program("mlp-coordinator"), "--listen", "127.0.0.1:0", "--data-dir",
                       DatasetsDirectory().string(), "--nodes", ListeningAddress(node), "--log-dir",
                       (directory.path() / "logs").string()});
  const std::string address = ListeningAddress(coordinator);
  const ProcessResult trained = Run({Program("mlp-client"), "--coordinator", address, "train",
                                     "letters", "--rounds", "2", "--epochs", "1"});
  REQUIRE(trained.exit_code == 0);
  CHECK_THAT(trained.out, Contains("11 shards, 2 rounds of 1 epoch\n"));
  coordinator.Signal(SIGTERM);
  REQUIRE(coordinator.Wait().exit_code == 0);

  std::vector<fs::path> logs(fs::directory_iterator(directory.path() / "logs"),
                             fs::directory_iterator{});
  REQUIRE(logs.size() == 1);
  std::ifstream log(logs.front());
  std::string line, text;
  int lines = 0;
  while (std::getline(log, line)) {
    ++lines;
    CHECK_THAT(line, Contains("\"sequence\":\"" + std::to_string(lines) + "\""));
    text += line;
  }
  CHECK_THAT(text, Contains("attemptDispatched") && Contains("attemptRejected") &&
                       Contains("injected load") && Contains("computeTime") &&
                       Contains("roundValidated") && Contains("JOB_STATE_SUCCEEDED"));
}

TEST_CASE("a node file with a bad line is refused with its line number") {
  Scratch directory;
  std::ofstream(directory.path() / "nodes.txt") << "localhost,9091\nlocalhost 9092\n";
  const ProcessResult result = Run({Program("mlp-coordinator"), "--listen", "127.0.0.1:0",
                                    "--data-dir", DatasetsDirectory().string(), "--nodes-file",
                                    (directory.path() / "nodes.txt").string()});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, Contains("nodes.txt:2"));
}
