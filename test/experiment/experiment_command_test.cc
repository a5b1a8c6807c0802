// `mlp-client experiment` as a process.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "test/experiment/tiny_experiment.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::experiment {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using test::ContentOf;
using test::Process;
using test::ProcessResult;

const std::string kClient = MLP_BIN_DIR "/mlp-client";

// A directory to run the command in.
class Place {
 public:
  std::string Write(const std::string& name, const std::string& text) const {
    return scratch_.Write(name, text).string();
  }
  const fs::path& path() const { return scratch_.path(); }
  ProcessResult Run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {kClient, "experiment"});
    test::ProcessOptions options;
    options.directory = path();
    return test::Run(std::move(arguments), options);
  }

 private:
  test::Scratch scratch_;
};

TEST_CASE("an experiment writes its report into a new directory each time") {
  const Place directory;
  const std::string file = directory.Write("tiny.toml", kTiny);
  const ProcessResult first = directory.Run({file});
  INFO(first.err);
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.out,
             Contains("simulated run 12 of 12  100 %") && Contains("faster than random"));
  const fs::path out = directory.path() / "experiments-out";
  for (const char* name : {"results.csv", "report.md", "report.html"}) {
    CHECK(fs::file_size(out / "tiny-simulated" / name) > 0);
  }
  CHECK(directory.Run({file}).exit_code == 0);
  CHECK(ContentOf(out / "tiny-simulated" / "results.csv") ==
        ContentOf(out / "tiny-simulated-2" / "results.csv"));
}

TEST_CASE("a directory that has something in it is not written to") {
  const Place directory;
  const std::string file = directory.Write("tiny.toml", kTiny);
  const ProcessResult refused = directory.Run({file, "--out", directory.path().string()});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("is no empty directory"));
  CHECK(directory.Run({file, "--out", "here/there"}).exit_code == 0);
  CHECK(fs::exists(directory.path() / "here/there/report.html"));
}

TEST_CASE(
    "results that cannot be written are an error that says why, and leave no half of a file") {
  const Place directory;
  const std::string file = directory.Write("tiny.toml", kTiny);
  // As on a full disk, no file may have a byte.
  const std::string limited =
      "trap '' XFSZ; ulimit -f 0; exec " + kClient + " experiment " + file + " --out out";
  test::ProcessOptions options;
  options.directory = directory.path();
  const ProcessResult result = test::Run({"/bin/sh", "-c", limited}, options);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("cannot write out/results.csv: File too large"));
  CHECK_THAT(result.out, Contains("faster than random") && !Contains("Written to"));
  CHECK(fs::is_empty(directory.path() / "out"));
}

TEST_CASE("a malformed experiment is refused with file, line and key, and writes nothing") {
  const Place directory;
  const std::string file = directory.Write("bad.toml", "noodles = 4\n" + kTiny);
  const ProcessResult refused = directory.Run({file});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("bad.toml:1: noodles: is no key here"));
  CHECK_FALSE(fs::exists(directory.path() / "experiments-out"));
  CHECK(directory.Run({"nowhere.toml"}).exit_code == 2);
  CHECK(directory.Run({file, "--real", "--simulated"}).exit_code == 2);
}

TEST_CASE("for machines there is an object a line on the standard output and nothing else") {
  const Place directory;
  const ProcessResult result = directory.Run({directory.Write("tiny.toml", kTiny), "--json"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("\"kind\":\"cell\"") && Contains("\"kind\":\"comparison\"") &&
                             Contains("\"kind\":\"experiment\""));
  CHECK(result.out.front() == '{');
  CHECK_THAT(result.err, Contains("12 of 12"));
}

TEST_CASE("an interrupted experiment reports the runs that it completed") {
  const Place directory;
  std::string text = kTiny;
  text.replace(text.find("repeats = 3"), 11, "repeats = 5000");
  test::ProcessOptions options;
  options.directory = directory.path();
  Process process({kClient, "experiment", directory.Write("long.toml", text)}, options);
  process.WaitForLine("simulated run");  // the first tenth
  process.Signal(SIGINT);
  const ProcessResult result = process.Wait();
  CHECK(result.exit_code == 130);
  CHECK_THAT(result.err, Contains("it was interrupted after"));
  const std::string report =
      ContentOf(directory.path() / "experiments-out" / "long-simulated" / "report.md");
  CHECK_THAT(report, Contains("interrupted after") && Contains("| half | random |"));
}

}  // namespace
}  // namespace mlp::experiment
