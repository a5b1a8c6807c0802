// Jobs of real programs, recorded with --log-dir and replayed.

#include <signal.h>

#include <catch2/catch.hpp>
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

// The ways to schedule, one job each; the last one loses a node. At the highest load least-load,
// which backs off for up to a second, would take minutes.
std::vector<std::vector<std::string>> WaysAt(double load) {
  std::vector<std::vector<std::string>> ways{
      {"--policy", "random"},       {"--policy", "least-load"},
      {"--policy", "power-of-two"}, {"--policy", "pull", "--slots", "1", "--hedge", "off"},
      {"--policy", "pull"},
  };
  if (load > 0.8) ways[1] = {"--policy", "pull", "--slots", "2", "--hedge", "3ms"};
  return ways;
}

std::vector<std::string> Train(const std::vector<std::string>& way) {
  std::vector<std::string> command{"train",    "letters", "--rounds",      "5",
                                   "--epochs", "1",       "--max-retries", "100000"};
  command.insert(command.end(), way.begin(), way.end());
  return command;
}

// Runs them one after the other; a node is killed during the last one.
void RecordJobs(ProgramCluster& cluster, const std::vector<std::vector<std::string>>& ways) {
  for (const auto& way : ways) {
    const bool last = &way == &ways.back();
    const auto client = cluster.StartClient(Train(way));
    if (last) {
      client->WaitForLine("round 1/5", std::chrono::seconds(60));
      cluster.node(1).Signal(SIGKILL);
    }
    const ProcessResult result = client->Wait(std::chrono::seconds(60));
    INFO(result.out << result.err);
    REQUIRE(result.exit_code == 0);
  }
  cluster.StopCoordinator();  // it has written its logs
}

ProcessResult Replay(const fs::path& log, std::vector<std::string> options = {}) {
  std::vector<std::string> command{Program("mlp-client"), "replay", log.string()};
  command.insert(command.end(), options.begin(), options.end());
  return Run(command);
}

}  // namespace

TEST_CASE("twenty recorded jobs, with load and killed nodes, replay with identical decisions") {
  int jobs = 0;
  int lost_nodes = 0;
  for (const double load : {0.2, 0.4, 0.6, 0.9}) {
    const Scratch logs;
    ProgramClusterOptions options;
    options.load_probability = load;
    options.load_delay = "10ms";
    options.log_dir = logs.path();
    ProgramCluster cluster(options);
    RecordJobs(cluster, WaysAt(load));
    for (const fs::path& log : fs::directory_iterator(logs.path())) {
      const ProcessResult result = Replay(log);
      INFO(log << "\n" << result.out << result.err);
      const bool lost = ContentOf(log).find("\"nodeLeft\"") != std::string::npos;
      std::cout << "load " << load << (lost ? ", a node killed, " : ", ") << result.out;
      CHECK(result.exit_code == 0);
      CHECK_THAT(result.out, Contains("all identical"));
      ++jobs;
      lost_nodes += lost;
    }
  }
  CHECK(jobs == 20);
  CHECK(lost_nodes == 4);
}

TEST_CASE(
    "a recorded job can be tried under another policy, and a log that was edited is found out") {
  const Scratch scratch;
  ProgramClusterOptions options;
  options.load_probability = 0.5;
  options.log_dir = scratch.path() / "logs";
  ProgramCluster cluster(options);
  REQUIRE(cluster.Client(Train({"--policy", "pull"})).exit_code == 0);
  cluster.StopCoordinator();
  const fs::path log = fs::directory_iterator(options.log_dir)->path();

  const ProcessResult tried = Replay(log, {"--policy", "random"});
  INFO(tried.out << tried.err);
  CHECK(tried.exit_code == 0);
  CHECK_THAT(tried.out, Contains("recorded") && Contains("simulated") &&
                            Contains("With the other") &&
                            Contains("5 rounds of 11 shards, 4 nodes"));
  CHECK_THAT(Replay(log, {"--json"}).out,
             Contains("\"differences\":0") && Contains("\"policy\":\"pull\""));
  CHECK_THAT(Replay(log, {"--policy", "random", "--json"}).out, Contains("\"simulatedOther\":{"));

  std::string text = ContentOf(log);
  const fs::path edited = scratch.path() / "edited.jsonl";
  const std::string offer = "\"offer\":0";
  text.replace(text.find(offer), offer.size(), "\"offer\":1");
  std::ofstream(edited) << text;
  const ProcessResult differs = Replay(edited);
  INFO(differs.out << differs.err);
  CHECK(differs.exit_code == 1);
  CHECK_THAT(differs.out, Contains("1 differ") && Contains("offer 1") && Contains("offer 0"));

  // Half of the text could end with a line, and would then be a log of fewer events.
  const std::size_t line_end = text.find('\n', text.size() / 2);
  REQUIRE(line_end != std::string::npos);
  std::ofstream(edited) << text.substr(0, line_end - 1);
  const ProcessResult cut = Replay(edited);
  CHECK(cut.exit_code == 1);
  CHECK_THAT(cut.err, Contains("edited.jsonl:") && Contains("is no event"));

  const ProcessResult misused = Replay(log, {"--slots", "3"});
  CHECK(misused.exit_code == 2);
  CHECK_THAT(misused.err, Contains("--policy"));
  const ProcessResult unfit = Replay(log, {"--policy", "random", "--slots", "3"});
  CHECK(unfit.exit_code == 1);
  CHECK_THAT(unfit.err, Contains("slots: not for policy random"));
}
