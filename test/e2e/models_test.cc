// Tests of a trained model on its way through all programs, which are processes.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

ProcessResult Done(const ProgramCluster& cluster, std::vector<std::string> arguments) {
  ProcessResult result = cluster.Client(std::move(arguments));
  INFO(result.out << result.err);
  REQUIRE(result.exit_code == 0);
  return result;
}

const std::string kShard = (DatasetsDirectory() / "letters" / "train_letters11.txt").string();

}  // namespace

TEST_CASE("a trained model is exported, imported and used, always with the same digest") {
  Scratch scratch;
  const auto path = [&](const std::string& name) { return (scratch.path() / name).string(); };
  ProgramCluster cluster({});
  Done(cluster, {"train", "letters", "--preset", "reference"});
  const std::string measured = Done(cluster, {"evaluate", "job-1", kShard}).out;
  CHECK_THAT(measured, Contains("492 of 1500") && Contains("model digest " + kLettersDigest));
  const std::string predicted = Done(cluster, {"predict", "job-1", kShard}).out;
  for (const std::string format : {"mlp", "npz", "json"}) {
    const std::string file = path("letters." + format);
    CHECK(DigestIn(Done(cluster, {"model", "export", "job-1", "-o", file}).out) == kLettersDigest);
    CHECK(DigestIn(Done(cluster, {"model", "import", file, "--name", format}).out) ==
          kLettersDigest);
    CHECK(Done(cluster, {"evaluate", format, kShard}).out == measured);
    CHECK(Done(cluster, {"predict", file, kShard}).out == predicted);
    CHECK(Done(cluster, {"predict", format, kShard}).out == predicted);
  }
  // The coordinator, which has the file too, measures the same.
  const std::string there = Done(cluster, {"evaluate", "npz", "letters/train_letters11.txt"}).out;
  CHECK(absl::StrReplaceAll(there, {{"letters/train", "train"}}) == measured);
  Done(cluster, {"model", "export", "npz", "-o", path("letters.onnx")});
  CHECK(fs::file_size(path("letters.onnx")) > 7000);
  Done(cluster, {"model", "job-1", "-o", path("old.model")});
  CHECK(ContentOf(path("old.model")) == ContentOf(path("letters.mlp")));
  const std::string list = Done(cluster, {"model", "ls"}).out;
  CHECK_THAT(list, Contains("16-20-26, unrectified-relu") && Contains("error 0.3331") &&
                       Contains(kLettersDigest.substr(0, 12)) && Contains("imported"));
  Done(cluster, {"model", "rm", "npz"});
  const ProcessResult gone = cluster.Client({"evaluate", "npz", kShard});
  CHECK(gone.exit_code == 1);
  CHECK_THAT(gone.err, Contains("no model \"npz\" is known; `mlp-client model ls` lists them"));
  const ProcessResult kept = cluster.Client({"model", "rm", "job-1"});
  CHECK_THAT(kept.err, Contains("goes with its job"));
}

TEST_CASE("an exported model is used where there is no cluster") {
  Scratch scratch;
  const std::string file = (scratch.path() / "letters.npz").string();
  std::string measured;
  {
    ProgramClusterOptions one_node;
    one_node.nodes = 1;
    ProgramCluster cluster(one_node);
    Done(cluster, {"train", "letters", "--rounds", "2"});
    Done(cluster, {"model", "export", "job-1", "-o", file});
    measured = Done(cluster, {"evaluate", "job-1", kShard}).out;
  }
  const ProcessResult alone = Run({Program("mlp-client"), "evaluate", file, kShard});
  CHECK(alone.exit_code == 0);
  CHECK(alone.out == measured);
}
