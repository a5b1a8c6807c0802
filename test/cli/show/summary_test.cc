#include "cli/show/summary.h"

#include <catch2/catch.hpp>

#include "test/cli/show/recorded_job.h"

namespace mlp::cli {
namespace {

Followed FollowedFor(std::chrono::nanoseconds since_submission) {
  Followed followed;
  followed.since_submission = since_submission;
  followed.nodes_that_trained = 2;
  followed.last_round.emplace().set_training_error(0.328);
  return followed;
}

TEST_CASE("a job that stopped early tells of the model that it has, and why it stopped") {
  v1::Job job;
  job.set_state(v1::JOB_STATE_SUCCEEDED);
  job.mutable_spec()->set_rounds(200);
  job.mutable_spec()->set_early_stopping(true);
  job.mutable_spec()->set_patience(5);
  job.set_rounds_done(25);
  job.set_exhausted_round(24);
  job.set_best_round(25);
  job.mutable_validation()->set_rows(100);
  job.mutable_validation()->set_error(0.5);
  job.mutable_best_validation()->set_rows(100);
  job.mutable_best_validation()->set_error(0.25);
  const std::string text = Summary(job);
  CHECK(text.find("25 of 200, stopped early: no rise in 5 rounds up to round 24") !=
        std::string::npos);
  CHECK(text.find("validation error 0.2500") != std::string::npos);
  CHECK(text.find("0.5000") == std::string::npos);
  CHECK(text.find("best round       25, whose model and error these are") != std::string::npos);
}

TEST_CASE("the summary says what each number was measured on and how long it took") {
  CHECK(Summary(FinishedJob(), FollowedFor(std::chrono::milliseconds(8000))) ==
        "job-1 SUCCEEDED in 8.00 s, from submission to this summary\n"
        "  rounds           2 of 2\n"
        "  validation error 0.3331 (1166 of 3500 rows of validate_letters.txt wrong), accuracy "
        "0.6669\n"
        "  training error   0.3280 (of all 3000 training rows, under the nodes' own parameters at "
        "the end of round 2, before averaging)\n"
        "  arithmetic       4.00 s over all nodes, 25.0 % of the time that 2 nodes had (2 x 8.00 "
        "s)\n"
        "  attempts         6 (1 rejected, 1 failed), held up 0.50 s by injected load\n"
        "  model digest     c0ffee\n");
}

TEST_CASE("without having submitted the job its own times count") {
  const std::string text = Summary(FinishedJob());
  CHECK_THAT(text, Catch::StartsWith("job-1 SUCCEEDED in 10.0 s, from submission to its end\n"));
  CHECK_THAT(text, Catch::Contains("  arithmetic       4.00 s over all nodes\n"));
  CHECK_THAT(text, !Catch::Contains("training error"));
}

TEST_CASE("a failed job says why and claims neither model nor validation") {
  v1::Job job = SubmittedJob();
  job.set_state(v1::JOB_STATE_FAILED);
  job.set_detail("parameters became non-finite in round 1");
  const std::string text = Summary(job, FollowedFor(std::chrono::seconds(1)));
  CHECK_THAT(text, Catch::StartsWith("job-1 FAILED in"));
  CHECK_THAT(text, Catch::Contains("  why              parameters became non-finite in round 1\n"));
  CHECK_THAT(text, !Catch::Contains("validation"));
  CHECK_THAT(text, !Catch::Contains("digest"));
}

TEST_CASE("a job that took no time at all shows no share") {
  CHECK_THAT(Summary(FinishedJob(), FollowedFor(std::chrono::seconds(0))), !Catch::Contains("%"));
}

TEST_CASE("one node is not called nodes") {
  Followed followed = FollowedFor(std::chrono::seconds(8));
  followed.nodes_that_trained = 1;
  CHECK_THAT(Summary(FinishedJob(), followed),
             Catch::Contains("50.0 % of the time that 1 node had (1 x 8.00 s)"));
}

TEST_CASE("a pending job shows no time") {
  CHECK_THAT(Summary(SubmittedJob()), Catch::StartsWith("job-1 PENDING\n"));
}

TEST_CASE("the description names the job's choices as the command line spells them") {
  const std::string text = Description(FinishedJob());
  CHECK_THAT(text, Catch::Contains("  layers           16-20-26, unrectified-relu, float64\n"));
  CHECK_THAT(text, Catch::Contains("  dataset          letters (2 shards, 3000 training rows)\n"));
  CHECK_THAT(text, Catch::Contains("  learning rate    0.0001\n"));
  CHECK_THAT(text, Catch::Contains("  initialization   reference, seed 1\n"));
  CHECK_THAT(text,
             Catch::Contains("  policy           pull, at most 100 retries per shard and round\n"));
  CHECK_THAT(text, Catch::Contains("  submitted        2024-05-31 12:00:00 UTC\n"));
}

}  // namespace
}  // namespace mlp::cli
