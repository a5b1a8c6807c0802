// Tests of replays of recorded jobs: the scheduler decides again as it decided.

#include "services/coordinator/job/replay.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "services/coordinator/proto/job_event_proto.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/coordinator/scheduler/scheduler.h"
#include "test/simulation/recorded_world.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

test::Story HedgedStory() {
  test::Story story;
  story.loads = {0.5, 0.5, 0.5};
  story.spec.policy = "pull";
  return story;
}

std::vector<v1::JobEvent> Written(const std::vector<JobEvent>& records) {
  std::vector<v1::JobEvent> events;
  for (const JobEvent& record : records) events.push_back(ToProto(record));
  return events;
}

absl::StatusOr<std::vector<JobEvent>> ReadBack(const std::vector<v1::JobEvent>& events) {
  std::vector<JobEvent> records;
  for (const v1::JobEvent& event : events) {
    absl::StatusOr<JobEvent> record = FromProto(event);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  return records;
}

std::string FirstDifference(const ReplayResult& result) {
  if (result.first_differences.empty()) return "none";
  const ReplayDifference& first = result.first_differences.front();
  return "event " + std::to_string(first.sequence) + "\n  recorded " + first.recorded +
         "\n  replayed " + first.replayed;
}

template <class Event>
std::size_t FindLast(const std::vector<JobEvent>& records) {
  for (std::size_t i = records.size(); i-- > 0;) {
    if (std::holds_alternative<Event>(records[i].body)) return i;
  }
  FAIL("no such event");
  return 0;
}

// A scheduler in use, and its records.
class Recorder {
 public:
  explicit Recorder(const SchedulerOptions& options) : scheduler_(options) {
    Record(0s, events::SchedulingBegan{options});
  }
  void Join(std::chrono::nanoseconds at, int node) {
    events::NodeJoined joined;
    joined.node = node;
    joined.name = "node-" + std::to_string(node);
    Record(at, joined);
    scheduler_.Apply(begin_ + at, NodeJoined(joined));
    Decide(at);
  }
  void StartRound(std::chrono::nanoseconds at, int shards) {
    Record(at, events::RoundStarted{shards});
    scheduler_.Apply(begin_ + at, RoundStarted{});
    Decide(at);
  }
  template <class Event, class Told>
  void Tell(std::chrono::nanoseconds at, std::int64_t attempt) {
    Event event;
    event.attempt = attempt;
    Record(at, event);
    scheduler_.Apply(begin_ + at, Told{attempt});
    Decide(at);
  }
  // Nothing is decided from a pause until the next wait.
  void Wait(std::chrono::nanoseconds at, std::string reason) {
    Record(at, events::Waiting{std::move(reason)});
  }
  void WakeUp() { Decide(scheduler_.NextWakeup().value() - begin_); }

  std::vector<JobEvent> records;

 private:
  void Record(std::chrono::nanoseconds at, JobEvent::Body body) {
    records.push_back({static_cast<int>(records.size()) + 1, begin_ + at, 1, std::move(body)});
  }
  void Decide(std::chrono::nanoseconds at) {
    for (const Decision& decision : scheduler_.Decide(begin_ + at)) {
      if (const auto* dispatch = std::get_if<Dispatch>(&decision)) {
        events::AttemptDispatched event;
        event.attempt = dispatch->attempt;
        event.shard = dispatch->shard;
        event.node_number = dispatch->node;
        event.offer = dispatch->offer;
        event.hedge_of = dispatch->hedge_of;
        event.reason = dispatch->reason;
        Record(at, event);
      } else if (const auto* cancel = std::get_if<Cancel>(&decision)) {
        events::AttemptCancelled event;
        event.attempt = cancel->attempt;
        event.reason = cancel->reason;
        Record(at, event);
      }
    }
  }

  const TimePoint begin_{24h};
  Scheduler scheduler_;
};

void CheckRefused(const std::vector<JobEvent>& records, const std::string& message) {
  const absl::Status status = Replay(records).status();
  INFO(status.ToString());
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Contains(message));
}

}  // namespace

TEST_CASE("two hundred random jobs replay with identical decisions, also from their logs") {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const test::Story story = test::RandomStory(seed);
    const std::vector<JobEvent> records = test::Records(story);
    const auto read = ReadBack(Written(records));
    REQUIRE(read.ok());
    const auto result = Replay(*read);
    INFO("seed " << seed << ", policy " << story.spec.policy);
    REQUIRE(result.ok());
    INFO(FirstDifference(*result));
    REQUIRE(result->differences == 0);
    REQUIRE(result->reworded == 0);
    CHECK(result->policy == story.spec.policy);
    CHECK(result->decisions > 0);
    ++seen[story.spec.policy];
    for (const JobEvent& record : records) {
      seen["copies"] += std::holds_alternative<events::AttemptCancelled>(record.body);
      seen["crashes"] += std::holds_alternative<events::NodeLeft>(record.body);
      seen["given up"] += std::holds_alternative<events::RoundGivenUp>(record.body);
      if (const auto* change = std::get_if<events::StateChanged>(&record.body)) {
        seen["cancelled"] += change->state == JobState::kCancelled;
      }
    }
  }
  // The worlds were eventful enough to show something.
  for (const std::string_view policy : PolicyNames()) CHECK(seen[std::string(policy)] > 20);
  CHECK(seen["copies"] > 100);
  CHECK(seen["crashes"] > 30);
  CHECK(seen["given up"] > 3);
  CHECK(seen["cancelled"] > 3);
}

TEST_CASE("a log that ends anywhere replays as far as it goes") {
  const std::vector<JobEvent> records = test::Records(HedgedStory());
  const std::size_t began = 3;  // PENDING, RUNNING, and how the scheduler began
  for (std::size_t size = began; size < records.size(); ++size) {
    const auto result = Replay({records.begin(), records.begin() + static_cast<int>(size)});
    INFO("the first " << size << " records");
    REQUIRE(result.ok());
    INFO(FirstDifference(*result));
    REQUIRE(result->differences == 0);
  }
}

TEST_CASE("a deadline that was looked at and put off is put off in the replay") {
  SchedulerOptions options;
  options.shards = 3;
  options.slots = 1;
  options.hedge_after.reset();
  Recorder job(options);
  job.Join(0s, 0);
  job.Join(0s, 1);
  job.StartRound(0s, 3);
  job.Tell<events::AttemptAccepted, AttemptAccepted>(5min, 1);
  job.Tell<events::AttemptAccepted, AttemptAccepted>(5min, 2);
  job.Join(9min + 50s, 2);
  job.Tell<events::AttemptAccepted, AttemptAccepted>(9min + 55s, 3);
  const std::size_t before = job.records.size();
  job.WakeUp();  // the time is ten minutes: the limit of that time postpones both
  REQUIRE(job.records.size() == before);
  // The limit shrinks to five minutes, which the silence of both exceeds already.
  job.Tell<events::AttemptStarted, AttemptStarted>(10min + 25s, 3);
  REQUIRE(job.records.size() == before + 1);
  job.WakeUp();
  REQUIRE(job.records.size() > before + 1);

  const auto result = Replay(job.records);
  REQUIRE(result.ok());
  INFO(FirstDifference(*result));
  CHECK(result->differences == 0);
}

TEST_CASE("a decision that was recorded otherwise is found, with both sides") {
  std::vector<JobEvent> records = test::Records(HedgedStory());
  const std::size_t place = FindLast<events::AttemptDispatched>(records);
  const int node = std::get<events::AttemptDispatched>(records[place].body).node_number + 1;
  std::get<events::AttemptDispatched>(records[place].body).node_number = node;
  const auto result = Replay(records);
  REQUIRE(result.ok());
  CHECK(result->differences == 1);
  REQUIRE(result->first_differences.size() == 1);
  const ReplayDifference& difference = result->first_differences.front();
  CHECK(difference.sequence == records[place].sequence);
  CHECK(difference.round == records[place].round);
  const std::string to_node = " to node " + std::to_string(node) + " ";
  CHECK_THAT(difference.recorded, Contains(to_node));
  CHECK_THAT(difference.replayed, Contains(" to node ") && !Contains(to_node));
}

TEST_CASE("a decision whose reason was recorded in other words is the same decision") {
  std::vector<JobEvent> records = test::Records(HedgedStory());
  const std::size_t dispatched = FindLast<events::AttemptDispatched>(records);
  std::get<events::AttemptDispatched>(records[dispatched].body).reason = "because I say so";
  const std::size_t cancelled = FindLast<events::AttemptCancelled>(records);
  std::get<events::AttemptCancelled>(records[cancelled].body).reason = "called back";
  const auto result = Replay(records);
  REQUIRE(result.ok());
  INFO(FirstDifference(*result));
  CHECK(result->differences == 0);
  CHECK(result->reworded == 2);
}

TEST_CASE("a decision that is missing and one too many are found") {
  const std::vector<JobEvent> records = test::Records(HedgedStory());
  const std::size_t place = FindLast<events::AttemptCancelled>(records);

  std::vector<JobEvent> fewer = records;
  fewer.erase(fewer.begin() + static_cast<int>(place));
  const auto missing = Replay(fewer);
  REQUIRE(missing.ok());
  REQUIRE_FALSE(missing->first_differences.empty());
  CHECK_THAT(missing->first_differences.front().replayed, Contains("cancelled"));

  std::vector<JobEvent> more = records;
  more.insert(more.begin() + static_cast<int>(place), records[place]);
  const auto twice = Replay(more);
  REQUIRE(twice.ok());
  REQUIRE(twice->first_differences.size() == 1);
  CHECK(twice->first_differences.front().sequence == records[place].sequence);
  CHECK_THAT(twice->first_differences.front().recorded, Contains("cancelled"));
  CHECK(twice->first_differences.front().replayed == "");
}

TEST_CASE("another seed, policy or wait in the log gives other decisions") {
  const std::vector<JobEvent> records = test::Records(HedgedStory());
  const auto differ = [&records](auto change) {
    std::vector<JobEvent> changed = records;
    for (JobEvent& record : changed) {
      if (auto* began = std::get_if<events::SchedulingBegan>(&record.body)) change(began->options);
    }
    return Replay(changed).value().differences > 0;
  };
  CHECK_FALSE(differ([](SchedulerOptions&) {}));
  CHECK(differ([](SchedulerOptions& options) { options.policy = "least-load"; }));
  CHECK(differ([](SchedulerOptions& options) { options.hedge_after = 11ms; }));
  CHECK(differ([](SchedulerOptions& options) { options.slots = 1; }));
  CHECK(differ([](SchedulerOptions& options) { options.waits.cool_down = 15ms; }));
}

TEST_CASE("wake-ups that were due while the job was paused are not replayed before its end") {
  SchedulerOptions options;
  options.shards = 1;
  options.slots = 1;
  options.policy = "pull";
  options.hedge_after = 10ms;
  const auto tell = [&](auto pause) {
    Recorder job(options);
    job.Join(0s, 0);
    job.StartRound(0s, 1);
    job.Join(1ms, 1);  // free for a second copy, which is due at 12 ms
    job.Tell<events::AttemptAccepted, AttemptAccepted>(2ms, 1);
    pause(job);
    job.Tell<events::AttemptStarted, AttemptStarted>(20s, 1);
    return Replay(job.records).value();
  };
  const auto slept = tell([](Recorder&) {});
  CHECK(slept.differences > 0);  // the copy would have been sent
  const auto paused = tell([](Recorder& job) {
    job.Wait(3ms, "paused: no room");
    job.Wait(20s, "");
  });
  CHECK(paused.differences == 0);
}

TEST_CASE("records that are none of a job are refused with their number") {
  const std::vector<JobEvent> records = test::Records(test::Story());
  CheckRefused({records[0], records[1]}, "scheduling_began");
  std::vector<JobEvent> bad = records;
  std::erase_if(bad, [](const JobEvent& record) {
    return std::holds_alternative<events::SchedulingBegan>(record.body);
  });
  CheckRefused(bad, "scheduling_began must come before it");
  bad = records;
  const std::size_t last = FindLast<events::AttemptFinished>(records);
  bad[last].time -= 1h;
  CheckRefused(bad, "event " + std::to_string(records[last].sequence) + ": its time goes back");
  bad = records;
  bad[last].time += 24h * 400;
  CheckRefused(bad, "more than a year");
  bad = records;
  std::get<events::RoundStarted>(bad[FindLast<events::RoundStarted>(bad)].body).shards = 7;
  CheckRefused(bad, "the round has 7 shards, the scheduler began with 6");
}

TEST_CASE("records whose numbers ask for more work than they are worth are refused") {
  const auto check = [](const std::vector<JobEvent>& records) {
    const absl::Status status = Replay(records, 1'000'000).status();
    INFO(status.ToString());
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Contains("replaying it takes too long"));
  };
  SchedulerOptions options;
  options.shards = kMaxRecordedShards;
  Recorder rounds(options);
  rounds.StartRound(1s, options.shards);
  check(rounds.records);

  options.shards = 1;
  Recorder nodes(options);
  for (int i = 0; i < 20; ++i) nodes.Join(1s, kMaxRecordedNodes - 1);
  check(nodes.records);

  // Every attempt is given up at once, and another one made.
  options.policy = "random";
  options.max_retries = 1'000'000;
  options.waits.first_deadline = options.waits.least_deadline = 1ms;
  options.waits.back_off_base = options.waits.back_off_max = 1ms;
  Recorder silence(options);
  silence.Join(1s, 0);
  silence.StartRound(1s, 1);
  silence.Join(24h * 300, 1);
  check(silence.records);
}

TEST_CASE("events are read back as they were written") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const JobEvent& record : test::Records(test::RandomStory(seed))) {
      const v1::JobEvent event = ToProto(record);
      const auto read = FromProto(event);
      INFO(event.ShortDebugString());
      REQUIRE(read.ok());
      REQUIRE(ToProto(*read).SerializeAsString() == event.SerializeAsString());
    }
  }
}

TEST_CASE("values that no coordinator writes are refused with their field") {
  const auto refused = [](auto set, const std::string& message) {
    v1::JobEvent event;
    event.set_sequence(1);
    set(event);
    const absl::Status status = FromProto(event).status();
    INFO(status.ToString());
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Contains(message));
  };
  refused([](v1::JobEvent& event) { event.set_sequence(0); }, "event.sequence");
  refused([](v1::JobEvent& event) { event.set_round(-1); }, "event.round: must be 0 to 100000");
  refused([](v1::JobEvent& event) { event.mutable_time()->set_nanos(-1); }, "event.time");
  refused([](v1::JobEvent& event) { event.mutable_time()->set_seconds(5'000'000'000); }, "2099");
  refused([](v1::JobEvent&) {}, "event: is not set");
  refused([](v1::JobEvent& event) { event.mutable_state_changed()->set_state(v1::JobState(9)); },
          "state_changed.state: must be 1 to 5, not 9");
  refused([](v1::JobEvent& event) { event.mutable_node_joined()->set_number(-1); },
          "node_joined.number");
  refused([](v1::JobEvent& event) { event.mutable_node_joined()->set_number(2'000'000'000); },
          "node_joined.number: must be 0 to 999999");
  refused([](v1::JobEvent& event) { event.mutable_node_joined()->set_load_probability(1.5); },
          "node_joined.load_probability");
  refused([](v1::JobEvent& event) { event.mutable_round_started()->set_shards(0); },
          "round_started.shards");
  refused([](v1::JobEvent& event) { event.mutable_attempt_accepted()->set_attempt(0); },
          "attempt_accepted.attempt");
  refused(
      [](v1::JobEvent& event) {
        event.mutable_attempt_failed()->set_attempt(1);
        event.mutable_attempt_failed()->set_kind(v1::JobEvent::FailureKind(7));
      },
      "attempt_failed.kind");
  refused([](v1::JobEvent& event) { event.mutable_scheduling_began()->set_policy("fastest"); },
          "scheduling_began.policy: must be one of");
  refused(
      [](v1::JobEvent& event) {
        event.mutable_scheduling_began()->set_policy("pull");
        event.mutable_scheduling_began()->set_shards(1);
        event.mutable_scheduling_began()->mutable_cool_down()->set_seconds(1'000'000'000);
      },
      "scheduling_began.cool_down: must be at most 1000 hours");
}

TEST_CASE("a log that was tampered with gives an answer, whatever was done to it") {
  const std::vector<JobEvent> records = test::Records(HedgedStory());
  std::mt19937_64 random(1);
  const auto draw = [&random](std::size_t below) { return random() % below; };
  for (int i = 0; i < 3000; ++i) {
    std::vector<v1::JobEvent> events = Written(records);
    for (std::size_t changes = 1 + draw(5); changes > 0; --changes) {
      v1::JobEvent& event = events[draw(events.size())];
      switch (draw(6)) {
        case 0:
          std::swap(event, events[draw(events.size())]);
          break;
        case 1:
          *event.mutable_time() = events[draw(events.size())].time();
          break;
        case 2:
          event.mutable_attempt_finished()->set_attempt(static_cast<int>(draw(60)));
          break;
        case 3:
          event.mutable_attempt_failed()->set_attempt(static_cast<int>(draw(60)));
          event.mutable_attempt_failed()->set_kind(v1::JobEvent::FailureKind(draw(4)));
          break;
        case 4:
          event.mutable_node_left()->set_number(static_cast<int>(draw(5)));
          break;
        case 5:
          event.mutable_node_joined()->set_number(static_cast<int>(draw(1000)));
          break;
      }
    }
    const auto read = ReadBack(events);
    if (read.ok()) (void)Replay(*read);
  }
  SUCCEED("no crash");
}
