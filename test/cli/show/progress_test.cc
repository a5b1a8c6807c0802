#include "cli/show/progress.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "test/cli/show/recorded_job.h"

namespace mlp::cli {
namespace {

std::vector<std::string> ProgressLines(Progress& progress) {
  std::vector<std::string> lines;
  for (const v1::JobEvent& event : RecordedEvents()) {
    if (const auto line = progress.Apply(event)) lines.push_back(*line);
  }
  return lines;
}

TEST_CASE("without a terminal each validated round and each notable event is one line") {
  Progress progress(SubmittedJob(), false);
  CHECK(
      ProgressLines(progress) ==
      std::vector<std::string>{
          "waiting: no node is up",
          "goes on",
          "node b gets nothing new: connection reset",
          "round 1: shard 1 failed on node b: node b is gone",
          "node c joined",
          "round 1/2  training error 0.5000  validation error 0.5000  elapsed 7.00 s  left 4.00 s",
          "round 2/2  training error 0.3280  validation error 0.3331  elapsed 10.0 s  left 0.00 s",
      });
}

TEST_CASE("on a terminal rounds are in the status and only notable events stay") {
  Progress progress(SubmittedJob(), true);
  CHECK(ProgressLines(progress) == std::vector<std::string>{
                                       "waiting: no node is up",
                                       "goes on",
                                       "node b gets nothing new: connection reset",
                                       "round 1: shard 1 failed on node b: node b is gone",
                                       "node c joined",
                                   });
}

TEST_CASE("a job that goes on says after which round, and what nodes have kept of the next") {
  v1::JobEvent event;
  *event.mutable_time() = SubmittedJob().create_time();
  event.mutable_resumed()->set_rounds_done(3);
  event.mutable_resumed()->set_kept_shards(2);
  Progress progress(SubmittedJob(), false);
  CHECK(progress.Apply(event) ==
        "the coordinator was restarted: goes on after round 3 with 2 shards of the next");
  event.set_round(4);
  event.mutable_results_kept()->set_node("a");
  for (const int shard : {0, 3}) event.mutable_results_kept()->add_shards(shard);
  CHECK(progress.Apply(event) == "node a has kept what it computed of round 4, shards: 2");
}

TEST_CASE("a queued job says behind which one it waits") {
  v1::JobEvent queued;
  *queued.mutable_time() = SubmittedJob().create_time();
  queued.mutable_state_changed()->set_state(v1::JOB_STATE_PENDING);
  queued.mutable_state_changed()->set_detail("queued behind job-1");
  Progress lines(SubmittedJob(), false);
  CHECK(lines.Apply(queued) == "queued behind job-1");
  Progress live(SubmittedJob(), true);
  CHECK_FALSE(live.Apply(queued));
  CHECK(live.Status() == "queued behind job-1  elapsed 0.00 s");
  queued.mutable_state_changed()->set_state(v1::JOB_STATE_RUNNING);
  queued.mutable_state_changed()->clear_detail();
  CHECK_FALSE(lines.Apply(queued));
  live.Apply(queued);
  CHECK(live.Status() == "waiting to start  elapsed 0.00 s");
}

TEST_CASE("the status grows with what is known") {
  Progress progress(SubmittedJob(), true);
  CHECK(progress.Status() == "waiting to start  elapsed 0.00 s");
  std::vector<std::string> statuses;
  for (const v1::JobEvent& event : RecordedEvents()) {
    progress.Apply(event);
    statuses.push_back(progress.Status());
  }
  CHECK(statuses[4] == "round 1/2  shards 0/2  elapsed 2.00 s");
  CHECK(statuses[7] == "round 1/2  shards 1/2  elapsed 3.00 s");
  CHECK(statuses[14] ==
        "round 2/2  shards 0/2  elapsed 6.00 s  left 4.00 s  training error 0.5000");
  CHECK(statuses[16] ==
        "round 2/2  shards 1/2  elapsed 8.00 s  left 4.00 s  validation error 0.5000  training "
        "error 0.5000");
  CHECK(statuses[20] ==
        "round 2/2  shards 2/2  elapsed 10.0 s  left 0.00 s  validation error 0.3331  training "
        "error 0.3280");
}

v1::JobEvent FinishedIn(int round, int shard, bool superseded) {
  v1::JobEvent event;
  *event.mutable_time() = SubmittedJob().create_time();
  event.set_round(round);
  event.mutable_attempt_finished()->set_node("a");
  event.mutable_attempt_finished()->set_shard(shard);
  event.mutable_attempt_finished()->set_superseded(superseded);
  return event;
}

TEST_CASE("the status counts each shard of its round once, whatever came second or late") {
  Progress progress(SubmittedJob(), true);
  v1::JobEvent started;
  *started.mutable_time() = SubmittedJob().create_time();
  started.set_round(2);
  started.mutable_round_started()->set_shards(3);
  started.mutable_round_started()->add_kept_shards(1);
  progress.Apply(started);
  CHECK_THAT(progress.Status(), Catch::StartsWith("round 2/2  shards 1/3  "));
  progress.Apply(FinishedIn(1, 0, true));  // of the round before
  progress.Apply(FinishedIn(1, 2, false));
  progress.Apply(FinishedIn(2, 1, true));
  CHECK_THAT(progress.Status(), Catch::StartsWith("round 2/2  shards 1/3  "));
  progress.Apply(FinishedIn(2, 0, false));
  progress.Apply(FinishedIn(2, 0, true));
  progress.Apply(FinishedIn(2, 2, false));
  CHECK_THAT(progress.Status(), Catch::StartsWith("round 2/2  shards 3/3  "));
}

TEST_CASE("a watcher who comes late estimates from the rounds that it saw") {
  v1::Job job = SubmittedJob();
  job.mutable_spec()->set_rounds(10);
  Progress progress(job, true);
  v1::JobEvent started;
  started.mutable_time()->set_seconds(job.create_time().seconds() + 100);
  started.set_round(6);
  started.mutable_round_started()->set_shards(2);
  progress.Apply(started);
  CHECK(progress.Status() == "round 6/10  shards 0/2  elapsed 1 min 40 s");
  v1::JobEvent finished;
  finished.mutable_time()->set_seconds(job.create_time().seconds() + 103);
  finished.set_round(6);
  finished.mutable_round_finished()->set_training_error(0.25);
  progress.Apply(finished);
  CHECK(progress.Status() ==
        "round 6/10  shards 0/2  elapsed 1 min 43 s  left 12.0 s  training error 0.2500");
}

TEST_CASE("only nodes that finished an attempt count as having trained") {
  Progress progress(SubmittedJob(), false);
  ProgressLines(progress);
  CHECK(progress.nodes_that_trained() == 2);
  REQUIRE(progress.last_round());
  CHECK(progress.last_round()->training_error() == 0.328);
}

}  // namespace
}  // namespace mlp::cli
