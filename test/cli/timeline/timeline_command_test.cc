// `mlp-client timeline` as a user runs it.
#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "test/cli/client/client_program.h"
#include "test/cli/client/fake_coordinator.h"
#include "test/cli/timeline/timeline_recording.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using test::ContentOf;
using test::ProcessResult;

// A directory with the log of a job.
class LogDirectory {
 public:
  LogDirectory() {
    std::string log;
    const timeline::Recording recording = timeline::EventfulRound();
    for (const v1::JobEvent& event : recording.events()) {
      std::string line;
      if (!google::protobuf::util::MessageToJsonString(event, &line).ok()) throw event;
      log += line + '\n';
    }
    scratch_.Write("job-9.jsonl", log);
  }

  std::string file(const std::string& name) const { return (scratch_.path() / name).string(); }
  std::string log() const { return file("job-9.jsonl"); }

 private:
  test::Scratch scratch_;
};

TEST_CASE("the timeline of a job log needs no coordinator") {
  const LogDirectory scratch;
  const ProcessResult result =
      test::Run({kClient, "--coordinator", "127.0.0.1:1", "timeline", scratch.log()});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("ROUND  SHARD  ATTEMPT") && Contains("copy of 2"));
  CHECK(result.err.empty());
}

TEST_CASE("the timeline of a job comes from the coordinator, with what there is of it") {
  FakeCoordinator coordinator({.hold = true});  // the job goes on after round 1
  const ProcessResult result =
      test::Run({kClient, "--coordinator", coordinator.address(), "timeline", "job-1"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("node b is gone") && Contains("2 rounds on 3 nodes"));
}

TEST_CASE("a job that is not there is an error of the coordinator's") {
  FakeCoordinator coordinator;
  const ProcessResult result =
      test::Run({kClient, "--coordinator", coordinator.address(), "timeline", "job-2"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("there is no job job-2"));
}

TEST_CASE("files are written instead of the table, and all that are asked for") {
  const LogDirectory scratch;
  const ProcessResult result =
      test::Run({kClient, "timeline", scratch.log(), "--csv", scratch.file("a.csv"), "--html",
                 scratch.file("a.html"), "--chrome-trace", scratch.file("a.json")});
  CHECK(result.exit_code == 0);
  CHECK(result.out == "wrote " + scratch.file("a.csv") + "\nwrote " + scratch.file("a.html") +
                          "\nwrote " + scratch.file("a.json") + "\n");
  CHECK_THAT(ContentOf(scratch.file("a.csv")), Catch::StartsWith("round,shard,"));
  CHECK_THAT(ContentOf(scratch.file("a.html")), Contains("Timeline of job-9"));
  CHECK_THAT(ContentOf(scratch.file("a.json")), Contains("traceEvents"));
}

TEST_CASE("a log or a file that cannot be used is named") {
  const LogDirectory scratch;
  const ProcessResult no_log = test::Run({kClient, "timeline", scratch.file("none.jsonl")});
  CHECK(no_log.exit_code == 1);
  CHECK_THAT(no_log.err, Contains("none.jsonl"));
  const ProcessResult no_file =
      test::Run({kClient, "timeline", scratch.log(), "--html", scratch.file("no/where.html")});
  CHECK(no_file.exit_code == 1);
  CHECK_THAT(no_file.err, Contains("cannot write") && Contains("no/where.html"));
  CHECK(no_file.out.empty());
}

}  // namespace
}  // namespace mlp::cli
