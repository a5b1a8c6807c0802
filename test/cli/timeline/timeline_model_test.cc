#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/timeline/model.h"
#include "cli/timeline/words.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/scheduler/policy.h"
#include "test/cli/show/recorded_job.h"
#include "test/cli/timeline/timeline_recording.h"

namespace mlp::cli::timeline {
namespace {

const Attempt& AttemptOf(const Timeline& timeline, std::int64_t id) {
  for (const Attempt& attempt : timeline.attempts) {
    if (attempt.id == id) return attempt;
  }
  throw std::runtime_error("no such attempt");
}

std::string PhasesOf(const Recording& recording, std::int64_t id) {
  const Timeline timeline = recording.Build();
  return PhasesText(timeline, AttemptOf(timeline, id));
}

// Checks the properties that every timeline must have.
void CheckInvariants(const Timeline& timeline) {
  for (const Attempt& attempt : timeline.attempts) {
    Time at = attempt.dispatched;
    for (const Phase& phase : attempt.phases) {
      CHECK(phase.begin == at);
      CHECK(phase.end > phase.begin);
      at = phase.end;
    }
    CHECK(at == attempt.end);
  }
  std::size_t laid = 0;
  for (const Lane& lane : timeline.lanes) {
    CHECK_FALSE(lane.rows.empty());
    for (const Row& row : lane.rows) {
      Time at = timeline.begin;
      std::optional<std::size_t> last;
      for (const Span& span : row.spans) {
        CHECK(span.phase.begin == at);
        CHECK(span.phase.end > span.phase.begin);
        if (span.attempt && span.attempt != last) ++laid;
        last = span.attempt;
        at = span.phase.end;
      }
      CHECK(at == timeline.end);
    }
  }
  std::size_t with_phases = 0;
  for (const Attempt& attempt : timeline.attempts) with_phases += !attempt.phases.empty();
  CHECK(laid == with_phases);
}

// An attempt 1 on a node that queued it for 5 ms and held it up for 50.
Recording Waited(const std::string& policy) {
  Recording recording;
  recording.At(0, "\"schedulingBegan\": {\"policy\": \"" + policy + "\"}", 0)
      .At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(2, R"("attemptAccepted": {"attempt": 1, "node": "a"})")
      .At(60, R"("attemptStarted": {"attempt": 1, "node": "a", "queuedFor": "0.005s",
                                    "heldUpFor": "0.050s"})")
      .At(90, R"("attemptFinished": {"attempt": 1, "node": "a", "computeTime": "0.020s",
                                     "loadTime": "0.004s"})");
  return recording;
}

TEST_CASE(
    "a node with slots holds a task up before it queues it, one without when its turn has come") {
  const std::string with_slots =
      "sending 0-5, held up 5-55, queued 55-60, reading the shard 60-64, computing 64-84, "
      "returning 84-90";
  const std::string without =
      "sending 0-5, queued 5-10, held up 10-60, reading the shard 60-64, computing 64-84, "
      "returning 84-90";
  CHECK(PhasesOf(Waited("pull"), 1) == with_slots);
  CHECK(PhasesOf(Waited("random"), 1) == without);
  CHECK(PhasesOf(Waited(""), 1) == without);
  for (const std::string_view name : coordinator::PolicyNames()) {
    const std::string policy(name);
    INFO(policy);
    const bool slots = coordinator::BindsWhenFree(policy);
    CHECK(PhasesOf(Waited(policy), 1) == (slots ? with_slots : without));
  }
}

TEST_CASE("durations that a late message would push beyond the end begin earlier instead") {
  Recording recording;
  recording.At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(20, R"("attemptStarted": {"attempt": 1, "node": "a"})")
      .At(25, R"("attemptFinished": {"attempt": 1, "node": "a", "computeTime": "0.010s"})");
  CHECK(PhasesOf(recording, 1) == "sending 0-15, computing 15-25");
}

TEST_CASE("durations that cannot be true are cut where the attempt begins and ends") {
  Recording recording;
  recording.At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(20, R"("attemptStarted": {"attempt": 1, "node": "a", "heldUpFor": "9s"})")
      .At(25, R"("attemptFinished": {"attempt": 1, "node": "a", "computeTime": "9s"})");
  CHECK(PhasesOf(recording, 1) == "computing 0-25");
  CheckInvariants(recording.Build());
}

TEST_CASE("a rejected attempt was rejected from its offer on") {
  CHECK(PhasesOf(EventfulRound(), 3) == "rejected 0-2");
}

TEST_CASE("an attempt that was cancelled from a hold-up was held up until then") {
  // Attempt 1 started, and so joined the line, after 2 was accepted; then it computed on.
  CHECK(PhasesOf(EventfulRound(), 2) ==
        "sending 0-2, held up 2-3, queued or held up 3-14, cancelled 14-16");
}

TEST_CASE("what never started on a node that computes nothing was held up to its end") {
  Recording recording;
  recording.At(0, R"("schedulingBegan": {"policy": "pull"})", 0)
      .At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(2, R"("attemptAccepted": {"attempt": 1, "node": "a"})")
      .At(30, R"("attemptCancelled": {"attempt": 1, "node": "a", "reason": "2 has started"})")
      .At(31, R"("attemptReleased": {"attempt": 1, "node": "a"})");
  CHECK(PhasesOf(recording, 1) == "sending 0-2, held up 2-30, cancelled 30-31");
}

TEST_CASE("what never started on a node without load was queued") {
  Recording recording;
  recording.At(0, R"("schedulingBegan": {"policy": "pull"})", 0)
      .At(0, R"("nodeJoined": {"node": "a"})", 0)
      .At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(2, R"("attemptAccepted": {"attempt": 1, "node": "a"})")
      .At(30, R"("attemptCancelled": {"attempt": 1, "node": "a"})")
      .At(31, R"("attemptReleased": {"attempt": 1, "node": "a"})");
  CHECK(PhasesOf(recording, 1) == "sending 0-2, queued 2-30, cancelled 30-31");
}

TEST_CASE("without slots a task is queued until those before it are gone, then held up") {
  Recording recording;
  recording.At(0, R"("schedulingBegan": {"policy": "random"})", 0)
      .At(0, R"("attemptDispatched": {"attempt": 1, "shard": 0, "node": "a"})")
      .At(0, R"("attemptDispatched": {"attempt": 2, "shard": 1, "node": "a"})")
      .At(1, R"("attemptAccepted": {"attempt": 1, "shard": 0, "node": "a"})")
      .At(2, R"("attemptAccepted": {"attempt": 2, "shard": 1, "node": "a"})")
      .At(3, R"("attemptStarted": {"attempt": 1, "shard": 0, "node": "a"})")
      .At(9,
          R"("attemptFinished": {"attempt": 1, "shard": 0, "node": "a", "computeTime": "0.006s"})")
      .At(30, R"("stateChanged": {"state": "JOB_STATE_CANCELLED"})", 0);
  CHECK(PhasesOf(recording, 2) == "sending 0-2, queued 2-9, held up 9-30");
}

TEST_CASE("the first result wins the race of two copies and a rejected copy never ran") {
  const Timeline timeline = EventfulRound().Build();
  CHECK(AttemptOf(timeline, 2).race == Race::kLost);
  CHECK(AttemptOf(timeline, 4).race == Race::kWon);
  CHECK(AttemptOf(timeline, 1).race == Race::kNone);

  Recording rejected;
  rejected.At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(1, R"("attemptDispatched": {"attempt": 2, "node": "b", "hedgeOf": 1})")
      .At(2, R"("attemptRejected": {"attempt": 2, "node": "b"})")
      .At(9, R"("attemptFinished": {"attempt": 1, "node": "a"})");
  for (const Attempt& attempt : rejected.Build().attempts) CHECK(attempt.race == Race::kNone);
}

TEST_CASE("a result that came second lost, and copies that still run are undecided") {
  Recording recording;
  recording.At(0, R"("attemptDispatched": {"attempt": 1, "node": "a"})")
      .At(1, R"("attemptDispatched": {"attempt": 2, "node": "b", "hedgeOf": 1})");
  for (const Attempt& attempt : recording.Build().attempts) CHECK(attempt.race == Race::kOpen);
  recording.At(8, R"("attemptFinished": {"attempt": 1, "node": "a"})")
      .At(9, R"("attemptFinished": {"attempt": 2, "node": "b", "superseded": true})");
  const Timeline timeline = recording.Build();
  CHECK(AttemptOf(timeline, 1).race == Race::kWon);
  CHECK(AttemptOf(timeline, 2).race == Race::kLost);
  CHECK(AttemptOf(timeline, 2).outcome == Outcome::kSuperseded);
}

TEST_CASE("attempts that a node holds at once take a row each") {
  const Timeline timeline = EventfulRound().Build();
  REQUIRE(timeline.lanes.size() == 2);
  const Lane& a = timeline.lanes[0];
  CHECK(a.node.name == "a");
  CHECK(a.node.load_probability == 0.5);
  REQUIRE(a.rows.size() == 2);
  CHECK(SpansText(timeline, a.rows[1]) ==
        "sending 0-2, held up 2-3, queued or held up 3-14, cancelled 14-16, idle 16-100, "
        "away 100-200");
  CHECK(timeline.lanes[1].rows.size() == 1);
}

TEST_CASE("rounds have their begin, their end and what was measured after them") {
  const Timeline timeline = EventfulRound().Build();
  REQUIRE(timeline.rounds.size() == 1);
  const Round& round = timeline.rounds[0];
  CHECK(round.begin == timeline.begin);
  CHECK(round.end == timeline.begin + Ms(150));
  CHECK(round.training_error == 0.5);
  CHECK(round.validation_error == 0.25);
  CHECK(round.validated == timeline.begin + Ms(200));
}

TEST_CASE("a failure ends what the attempt was doing") {
  const Timeline timeline = EventfulRound().Build();
  const Attempt& failed = AttemptOf(timeline, 5);
  CHECK(failed.outcome == Outcome::kFailed);
  CHECK(WhyText(failed) == "a is gone");
  CHECK(PhasesText(timeline, failed) ==
        "sending 30-35, held up 35-85, queued 85-90, computing 90-100");
}

TEST_CASE("every prefix of a record has phases that add up to the time of their lane") {
  for (const char* policy : {"pull", "random"}) {
    const Recording whole = EventfulRound(policy);
    std::vector<v1::JobEvent> events;
    CheckInvariants(BuildTimeline(events));
    for (const v1::JobEvent& event : whole.events()) {
      events.push_back(event);
      CheckInvariants(BuildTimeline(events));
    }
  }
}

TEST_CASE("records that begin late, or where attempts were never offered, are shown as they are") {
  const Timeline timeline = BuildTimeline(RecordedEvents());
  CheckInvariants(timeline);
  CHECK(timeline.lanes.size() == 3);
  CHECK(timeline.rounds.size() == 2);
  CHECK(timeline.state == v1::JOB_STATE_SUCCEEDED);
}

TEST_CASE("phases add up to the time of their lane whatever the events say, a thousand times") {
  std::mt19937 random(1);
  const auto below = [&random](int limit) { return static_cast<int>(random() % limit); };
  const char* kinds[] = {"attemptDispatched", "attemptAccepted", "attemptStarted",
                         "attemptFinished",   "attemptRejected", "attemptFailed",
                         "attemptCancelled",  "attemptReleased"};
  for (int run = 0; run < 1000; ++run) {
    Recording recording;
    recording.At(0, run % 2 == 0 ? R"("schedulingBegan": {"policy": "pull"})"
                                 : R"("schedulingBegan": {"policy": "random"})");
    int now = 0;
    for (int i = 0; i < 30; ++i) {
      now += below(4);
      const int attempt = 1 + below(8);
      std::string body = absl::StrCat("\"", kinds[below(8)], "\": {\"attempt\": ", attempt,
                                      ", \"node\": \"", attempt % 3, "\"");
      if (absl::StrContains(body, "Started")) {
        absl::StrAppend(&body, ", \"queuedFor\": \"0.00", below(9), "s\", \"heldUpFor\": \"0.0",
                        below(90) + 10, "s\"");
      }
      if (absl::StrContains(body, "Finished")) {
        absl::StrAppend(&body, ", \"computeTime\": \"0.00", below(9), "s\"");
      }
      recording.At(now, body + "}");
    }
    CheckInvariants(recording.Build());
  }
}

}  // namespace
}  // namespace mlp::cli::timeline
