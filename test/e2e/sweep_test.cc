// A sweep with the programs as processes: interrupted, its coordinator killed, and gone on with.

#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

constexpr const char* kSweep = R"(dataset = "letters"
search = "random"
trials = 8
[settings]
solver = "adam"
rounds = 30
[try]
learning-rate = { min = 1e-3, max = 1e-1, scale = "log" }
hidden = ["8", "16,8"]
)";

// Number of jobs that have a model.
std::size_t FinishedJobs(const std::string& address) {
  const std::string text =
      Run({Program("mlp-client"), "--coordinator", address, "jobs", "--json"}).out;
  std::size_t count = 0;
  for (auto at = text.find("\"modelDigest\""); at != std::string::npos;
       at = text.find("\"modelDigest\"", at + 1)) {
    ++count;
  }
  return count;
}

// Runs, in a shell, the command in `text` that trains the sweep's best setting once more.
ProcessResult RunBestCommand(const std::string& text, const std::string& address) {
  const std::size_t begin =
      text.find("mlp-client --coordinator " + address + " train letters --solver adam");
  REQUIRE(begin != std::string::npos);
  const std::string best = text.substr(begin, text.find('\n', begin) - begin);
  const std::string bin = fs::path(Program("mlp-client")).parent_path().string();
  return Run({"sh", "-c", "PATH=" + bin + ":$PATH; " + best});
}

}  // namespace

TEST_CASE("a sweep goes on after an interrupt and a killed coordinator, and trains nothing twice") {
  const Scratch directory;
  directory.Write("s.toml", kSweep);
  Process node(
      {Program("mlp-node"), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory().string()});
  const std::string address = "127.0.0.1:" + std::to_string(FreePort());
  const std::vector<std::string> coordinator = {Program("mlp-coordinator"),
                                                "--listen",
                                                address,
                                                "--data-dir",
                                                DatasetsDirectory().string(),
                                                "--state-dir",
                                                (directory.path() / "state").string(),
                                                "--nodes",
                                                ListeningAddress(node)};
  const std::vector<std::string> sweep = {
      Program("mlp-client"), "--coordinator", address, "sweep", "s.toml", "--out", "out"};
  ProcessOptions here;
  here.directory = directory.path();

  Process first(coordinator);
  ListeningAddress(first);
  Process interrupted(sweep, here);
  interrupted.WaitForLine("trial 2 of 8");
  interrupted.Signal(SIGINT);
  const ProcessResult partial = interrupted.Wait();
  INFO(partial.out << partial.err);
  CHECK(partial.exit_code == 130);
  CHECK_THAT(partial.err, Contains(" sweep s.toml --out out"));
  first.Signal(SIGKILL);
  first.Wait();

  Process second(coordinator);
  ListeningAddress(second);
  const ProcessResult whole = Run(sweep, here);
  INFO(whole.out << whole.err);
  CHECK(whole.exit_code == 0);
  const std::string csv = ContentOf(directory.path() / "out" / "results.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 9);
  CHECK(FinishedJobs(address) == 8);

  // The sweep runs again when all is done, and then the best one's command by itself.
  CHECK(Run(sweep, here).exit_code == 0);
  CHECK(FinishedJobs(address) == 8);
  CHECK(ContentOf(directory.path() / "out" / "results.csv") == csv);
  const ProcessResult again = RunBestCommand(whole.out, address);
  CHECK(again.exit_code == 0);
  CHECK_THAT(csv, Contains(DigestIn(again.out)));
}
