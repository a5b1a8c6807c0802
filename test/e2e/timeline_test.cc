// The timeline of jobs of real programs.
#include <catch2/catch.hpp>

#include "test/support/program_cluster.h"

using namespace mlp::test;
using Catch::Contains;

TEST_CASE("a running job has a timeline until now, and runs on") {
  ProgramClusterOptions options;
  options.nodes = 2;
  options.load_probability = 0.5;
  ProgramCluster cluster(options);
  REQUIRE(cluster.Client({"train", "letters", "--rounds", "100000", "--detach"}).exit_code == 0);
  const auto watcher = cluster.StartClient({"watch", "job-1"});
  watcher->WaitForLine("round 2/100000");

  const ProcessResult timeline = cluster.Client({"timeline", "job-1"});
  CHECK(timeline.exit_code == 0);
  CHECK_THAT(timeline.out, Contains("finished") && Contains(" rounds on 2 nodes in "));
  CHECK_THAT(cluster.Client({"job", "job-1"}).out, Contains("RUNNING"));
  CHECK(cluster.Client({"cancel", "job-1"}).exit_code == 0);
}
