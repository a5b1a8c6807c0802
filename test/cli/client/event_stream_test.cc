#include "cli/client/event_stream.h"

#include <catch2/catch.hpp>
#include <vector>

#include "cli/client/job_client.h"
#include "test/cli/client/fake_coordinator.h"
#include "test/cli/show/recorded_job.h"

namespace mlp::cli {
namespace {

constexpr RetryPolicy kShort{.tries = 2, .pause = std::chrono::milliseconds(1)};

Session SessionOf(const std::string& address, Interrupt& interrupt) {
  return {address, /*json=*/false, StandardTerminal(), interrupt};
}

struct Seen {
  std::vector<std::int64_t> events;
  int outages = 0;
  absl::Status status;
};

Seen Watch(const std::string& address, const std::string& job_id, std::int64_t from) {
  Interrupt interrupt;
  JobClient client(SessionOf(address, interrupt));
  Seen seen;
  seen.status = WatchEvents(
      client, job_id, from,
      {.event = [&](const v1::JobEvent& event) { seen.events.push_back(event.sequence()); },
       .lost = [&](const absl::Status&) { ++seen.outages; }},
      kShort);
  return seen;
}

std::vector<std::int64_t> From(std::int64_t first) {
  std::vector<std::int64_t> numbers;
  const auto last = static_cast<std::int64_t>(RecordedEvents().size());
  for (std::int64_t number = first; number <= last; ++number) numbers.push_back(number);
  return numbers;
}

TEST_CASE("a stream that holds brings every event once") {
  FakeCoordinator coordinator;
  const Seen seen = Watch(coordinator.address(), "job-1", 1);
  CHECK(seen.status.ok());
  CHECK(seen.events == From(1));
  CHECK(seen.outages == 0);
}

TEST_CASE("a stream that breaks again and again goes on after the last event received") {
  FakeCoordinator coordinator({.break_after = 4});
  const Seen seen = Watch(coordinator.address(), "job-1", 3);
  CHECK(seen.status.ok());
  CHECK(seen.events == From(3));
  CHECK(coordinator.watched_from() == std::vector<std::int64_t>{3, 7, 11, 15, 19});
  CHECK(seen.outages == 4);
}

TEST_CASE("patience with a coordinator that is gone ends") {
  const Seen seen = Watch("127.0.0.1:1", "job-1", 1);
  CHECK(absl::IsUnavailable(seen.status));
  CHECK(seen.events.empty());
  CHECK(seen.outages == 1);
}

TEST_CASE("a refusal is not a lost connection") {
  FakeCoordinator coordinator;
  const Seen seen = Watch(coordinator.address(), "job-2", 1);
  CHECK(absl::IsNotFound(seen.status));
  CHECK(seen.outages == 0);
}

TEST_CASE("the events so far do not wait for those to come") {
  FakeCoordinator coordinator({.hold = true});
  Interrupt interrupt;
  const Session session = SessionOf(coordinator.address(), interrupt);
  const auto events = EventsSoFar(session, "job-1");
  REQUIRE(events.ok());
  CHECK(events->size() == 16);
  CHECK(events->back().has_round_validated());
  CHECK(absl::IsNotFound(EventsSoFar(session, "job-2").status()));
}

}  // namespace
}  // namespace mlp::cli
