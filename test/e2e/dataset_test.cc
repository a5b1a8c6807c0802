// Tests of data that travels: the programs as processes, and no file that more than one of them
// sees.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// A coordinator with a state directory and nodes with caches, each in a directory of its own that
// has no datasets.
class TravellingCluster {
 public:
  TravellingCluster() {
    coordinator_ = std::make_unique<Process>(
        std::vector<std::string>{Program("mlp-coordinator"), "--listen", "127.0.0.1:0",
                                 "--state-dir", "state", "--log-dir", "logs"},
        ProcessOptions{{}, scratch_.path()});
    address_ = ListeningAddress(*coordinator_);
  }

  void StartNodes(int count) {
    for (int number = 1; number <= count; ++number) {
      const std::string name = "node-" + std::to_string(number);
      fs::create_directories(scratch_.path() / name);
      nodes_.push_back(std::make_unique<Process>(
          std::vector<std::string>{Program("mlp-node"), "--listen", "127.0.0.1:0", "--coordinator",
                                   address_, "--name", name, "--cache-dir", "cache"},
          ProcessOptions{{}, scratch_.path() / name}));
    }
    for (auto& node : nodes_) ListeningAddress(*node);
  }
  // Stops the nodes and returns the log of each.
  std::vector<std::string> StopNodes() {
    std::vector<std::string> logs;
    for (auto& node : nodes_) node->Signal(SIGTERM);
    for (auto& node : nodes_) {
      const ProcessResult ended = node->Wait();
      CHECK(ended.exit_code == 0);
      logs.push_back(ended.err);
    }
    nodes_.clear();
    return logs;
  }
  ProcessResult Client(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {Program("mlp-client"), "--coordinator", address_});
    return Run(std::move(arguments), ProcessOptions{{}, scratch_.path()});
  }
  std::string TrainLetters() const {
    const ProcessResult trained = Client({"train", "letters", "--preset", "reference"});
    INFO(trained.out << trained.err);
    CHECK(trained.exit_code == 0);
    return DigestIn(trained.out);
  }
  const fs::path& path() const { return scratch_.path(); }
  // The files in the cache of the node with that number.
  std::vector<fs::path> CacheFiles(int number) const {
    std::vector<fs::path> files;
    const std::string name = "node-" + std::to_string(number);
    for (const auto& entry : fs::directory_iterator(scratch_.path() / name / "cache")) {
      files.push_back(entry.path());
    }
    return files;
  }

 private:
  Scratch scratch_;
  std::string address_;
  std::unique_ptr<Process> coordinator_;
  std::vector<std::unique_ptr<Process>> nodes_;
};

void FlipFirstByte(const fs::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const char flipped = static_cast<char>(file.get() ^ 1);
  file.seekp(0);
  file.put(flipped);
}

TEST_CASE("nodes without any data train letters to the known bits, also from damaged caches") {
  TravellingCluster cluster;
  const ProcessResult put =
      cluster.Client({"dataset", "put", (DatasetsDirectory() / "letters").string()});
  INFO(put.out << put.err);
  REQUIRE(put.exit_code == 0);
  CHECK_THAT(put.out, Contains("sent 12 files"));
  CHECK_THAT(cluster.Client({"dataset", "put", (DatasetsDirectory() / "letters").string()}).out,
             Contains("sent 0 files, 0 B; 12 were there already"));

  cluster.StartNodes(4);
  CHECK(cluster.TrainLetters() == kLettersDigest);
  for (const std::string& log : cluster.StopNodes()) CHECK_THAT(log, !Contains("refetched"));

  std::size_t truncated = 0, flipped = 0;
  for (int number = 1; number <= 4; ++number) {
    for (const fs::path& file : cluster.CacheFiles(number)) {
      if (number < 4) {
        fs::resize_file(file, fs::file_size(file) / 2);
        ++truncated;
      } else {
        FlipFirstByte(file);
        ++flipped;
      }
    }
  }
  CHECK(truncated > 0);
  CHECK(flipped > 0);
  cluster.StartNodes(4);
  CHECK(cluster.TrainLetters() == kLettersDigest);
  for (const std::string& log : cluster.StopNodes()) {
    CHECK_THAT(log, Contains("another SHA-256; refetched"));
  }
  std::cout << "same digest from " << truncated << " truncated and " << flipped
            << " changed cache files" << std::endl;
}

// Checks that the directory and all below it give nothing to others. Returns how many files it saw.
std::size_t CheckPrivate(const fs::path& directory) {
  const auto others = fs::perms::group_all | fs::perms::others_all;
  CHECK((fs::status(directory).permissions() & others) == fs::perms::none);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    INFO(entry.path());
    CHECK((entry.status().permissions() & others) == fs::perms::none);
    if (entry.is_regular_file()) ++files;
  }
  return files;
}

TEST_CASE("what servers write below state, logs and caches is for their user only") {
  const mode_t before = umask(022);
  TravellingCluster cluster;
  REQUIRE(
      cluster.Client({"dataset", "put", (DatasetsDirectory() / "letters").string()}).exit_code ==
      0);
  cluster.StartNodes(1);
  CHECK(cluster.TrainLetters() == kLettersDigest);
  umask(before);
  CHECK(CheckPrivate(cluster.path() / "state") >= 14);  // 12 files, the database, the lock
  CHECK(CheckPrivate(cluster.path() / "logs") == 1);
  CHECK(CheckPrivate(cluster.path() / "node-1" / "cache") > 0);
}

TEST_CASE("a dataset that a job uses is not removed, when the job has ended, it is") {
  TravellingCluster cluster;
  REQUIRE(
      cluster.Client({"dataset", "put", (DatasetsDirectory() / "letters").string()}).exit_code ==
      0);
  REQUIRE(cluster.Client({"train", "letters", "--detach"}).exit_code == 0);
  const ProcessResult refused = cluster.Client({"dataset", "rm", "letters"});
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("job-1"));
  CHECK_THAT(cluster.Client({"dataset", "ls"}).out, Contains("job-1"));
  CHECK(cluster.Client({"cancel", "job-1"}).exit_code == 0);
  cluster.Client({"watch", "job-1"});
  const ProcessResult removed = cluster.Client({"dataset", "rm", "letters"});
  INFO(removed.err);
  CHECK(removed.exit_code == 0);
  CHECK_THAT(cluster.Client({"train", "letters"}).err, Contains("no dataset \"letters\""));
}

TEST_CASE("a table is trained on by nodes without any data, and its model knows its columns") {
  TravellingCluster cluster;
  std::ofstream table(cluster.path() / "iris.csv");
  table << "petal,color,species\n";
  for (int i = 0; i < 60; ++i) {
    table << 1 + i % 3 + 0.01 * i << (i % 2 == 0 ? ",red," : ",blue,")
          << std::vector{"setosa", "versicolor", "virginica"}.at(static_cast<std::size_t>(i) % 3)
          << '\n';
  }
  table.close();
  const ProcessResult put = cluster.Client({"dataset", "put", "iris.csv", "--label", "species"});
  INFO(put.out << put.err);
  REQUIRE(put.exit_code == 0);
  cluster.StartNodes(2);
  const std::vector<std::string> options = {"--rounds", "50", "--epochs",        "20",
                                            "--hidden", "8",  "--learning-rate", "0.02"};
  std::vector<std::string> train = {"train", "iris"};
  train.insert(train.end(), options.begin(), options.end());
  const ProcessResult trained = cluster.Client(train);
  INFO(trained.out << trained.err);
  CHECK(trained.exit_code == 0);
  CHECK(cluster.Client({"model", "job-1", "-o", "iris.model"}).exit_code == 0);
  std::ifstream model(cluster.path() / "iris.model", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(model), {});
  CHECK_THAT(bytes, Contains("versicolor") && Contains("petal") && Contains("blue"));

  // The same from a directory, without a coordinator.
  CHECK(cluster.Client({"dataset", "split", "iris.csv", "--label", "species"}).exit_code == 0);
  std::vector<std::string> local = {"train", "iris", "--local", "2"};
  local.insert(local.end(), options.begin(), options.end());
  CHECK(DigestIn(cluster.Client(local).out) == DigestIn(trained.out));
}

}  // namespace
