#include "cli/job/jobs.h"

#include <catch2/catch.hpp>

namespace mlp::cli {
namespace {

v1::ExplainJobResponse Said(std::string next) {
  v1::ExplainJobResponse said;
  said.set_waiting_for("job-1, round 1 of 2: waits");
  said.set_next(std::move(next));
  said.mutable_time()->set_seconds(100);
  return said;
}

TEST_CASE("what comes next is told with its time, where it has one") {
  v1::ExplainJobResponse said = Said("shard 0 is offered to a");
  CHECK(ExplanationText(said) == "job-1, round 1 of 2: waits\nnext: shard 0 is offered to a\n");
  said.mutable_next_time()->set_seconds(100);
  said.mutable_next_time()->set_nanos(8'000'000);
  CHECK_THAT(ExplanationText(said), Catch::EndsWith("next: in 8 ms, shard 0 is offered to a\n"));
  said.mutable_next_time()->set_seconds(99);
  CHECK_THAT(ExplanationText(said), Catch::EndsWith("next: now, shard 0 is offered to a\n"));
}

TEST_CASE("where nothing comes next there is one line") {
  CHECK(ExplanationText(Said("")) == "job-1, round 1 of 2: waits\n");
}

}  // namespace
}  // namespace mlp::cli
