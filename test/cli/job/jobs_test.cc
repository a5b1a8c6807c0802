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

TEST_CASE("a list of jobs has the error of each job's model, and no error that nobody measured") {
  v1::Job job;
  job.mutable_spec()->set_early_stopping(true);
  CHECK(ModelValidationText(job) == "-");
  job.mutable_validation()->set_error(0.5);
  CHECK(ModelValidationText(job) == "0.5000");  // the best round is not known
  job.mutable_best_validation()->set_error(0.25);
  CHECK(ModelValidationText(job) == "0.2500");
  job.mutable_spec()->set_early_stopping(false);
  CHECK(ModelValidationText(job) == "0.5000");
}

}  // namespace
}  // namespace mlp::cli
