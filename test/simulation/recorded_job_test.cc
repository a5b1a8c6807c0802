// Tests of the course of a recorded job under another policy. The recorded jobs are simulated, too,
// so the results can be checked to the nanosecond.

#include "services/simulation/recorded_job.h"

#include <catch2/catch.hpp>
#include <string>

#include "services/coordinator/scheduler/policy.h"
#include "test/simulation/recorded_world.h"

using namespace mlp;
using namespace mlp::simulation;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

test::Story Misfortunes(const std::string& policy) {
  test::Story story;
  story.shards = 8;
  story.loads = {0.3, 0.6, 0.6};
  story.spec.policy = policy;
  story.spec.rounds = 4;
  if (!coordinator::BindsWhenFree(policy)) story.spec.hedge_after.reset();
  story.crashes = {{120ms, 60ms, 1}};
  return story;
}

std::chrono::nanoseconds TimeOf(const std::vector<coordinator::JobEvent>& records) {
  coordinator::TimePoint began;
  coordinator::TimePoint ended;
  for (const coordinator::JobEvent& record : records) {
    using namespace coordinator::events;
    if (std::holds_alternative<SchedulingBegan>(record.body)) began = record.time;
    if (std::holds_alternative<RoundFinished>(record.body)) ended = record.time;
  }
  return ended - began;
}

absl::StatusOr<WhatIf> TryPolicy(const std::vector<coordinator::JobEvent>& records,
                                 const std::string& policy) {
  WhatIfOptions options;
  options.policy = policy;
  return SimulateUnder(records, options);
}

}  // namespace

TEST_CASE("a job of a simulated world takes the same course when it is simulated from its log") {
  for (const std::string_view policy : coordinator::PolicyNames()) {
    INFO(policy);
    const auto records = test::Records(Misfortunes(std::string(policy)));
    const WhatIf what_if = TryPolicy(records, std::string(policy)).value();
    CHECK(what_if.recorded.time == TimeOf(records));
    CHECK(what_if.same.time == what_if.recorded.time);
    CHECK(what_if.other.time == what_if.recorded.time);
    CHECK(what_if.same.attempts == what_if.recorded.attempts);
    CHECK(what_if.same.rejections == what_if.recorded.rejections);
    CHECK(what_if.same.failures == what_if.recorded.failures);
    CHECK(what_if.recorded.rounds == 4);
    CHECK(what_if.same.trouble == "");
    CHECK(what_if.compute_time == 5ms);
    CHECK(what_if.message_time == 500us);
    CHECK(what_if.nodes == 3);
    CHECK(what_if.shards == 8);
  }
}

TEST_CASE("another policy meets the misfortunes that it would have met") {
  for (const std::string recorded : {"pull", "random"}) {
    const auto records = test::Records(Misfortunes(recorded));
    for (const std::string_view other : coordinator::PolicyNames()) {
      INFO(recorded << " as " << other);
      const WhatIf what_if = TryPolicy(records, std::string(other)).value();
      CHECK(what_if.other.policy == other);
      CHECK(what_if.other.time == TimeOf(test::Records(Misfortunes(std::string(other)))));
    }
  }
}

TEST_CASE("slots and hedging can be tried") {
  const auto records = test::Records(Misfortunes("pull"));
  WhatIfOptions options;
  options.policy = "pull";
  options.slots = 1;
  options.hedging = false;
  test::Story other = Misfortunes("pull");
  other.spec.slots = 1;
  other.spec.hedge_after.reset();
  const WhatIf what_if = SimulateUnder(records, options).value();
  CHECK(what_if.other.time == TimeOf(test::Records(other)));
  CHECK(what_if.other.copies == 0);
  CHECK(what_if.same.copies > 0);

  options.hedging = true;
  options.hedge_after = 30ms;
  other.spec.hedge_after = 30ms;
  CHECK(SimulateUnder(records, options).value().other.time == TimeOf(test::Records(other)));
}

TEST_CASE("options that do not fit the policy, and policies that do not exist, are refused") {
  const auto records = test::Records(Misfortunes("pull"));
  WhatIfOptions options;
  options.policy = "random";
  options.slots = 3;
  CHECK_THAT(std::string(SimulateUnder(records, options).status().message()),
             Contains("slots") && Contains("random"));
  CHECK_THAT(std::string(TryPolicy(records, "fastest").status().message()), Contains("fastest"));
}

TEST_CASE("a policy that would not have got through says why") {
  test::Story story;
  story.loads = {0, 1};
  story.spec.policy = "random";
  story.spec.hedge_after.reset();
  story.spec.max_retries = 3;
  // The node without load leaves once the random policy, whose offers no node rejects, has given
  // out everything.
  story.crashes = {{1s, 0ms, 0}};
  const auto records = test::Records(story);
  const WhatIf what_if = TryPolicy(records, "random").value();
  CHECK(what_if.other.trouble == "");
  story.loads = {1};
  story.crashes.clear();
  const WhatIf rejected = TryPolicy(test::Records(story), "least-load").value();
  CHECK_THAT(rejected.other.trouble, Contains("ran out of retries"));
  CHECK(rejected.other.rounds == 0);
}

TEST_CASE("a job without a finished round cannot be tried") {
  test::Story story;
  story.cancel_after = 1ms;
  const absl::Status status = TryPolicy(test::Records(story), "pull").status();
  CHECK_THAT(std::string(status.message()), Contains("no round was finished"));
}
