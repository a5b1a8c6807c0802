// A node's lease in virtual time, with a coordinator whose answers the test sets.
#include "services/node/run/lease.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/base/retry_after.h"

namespace mlp::node {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using Catch::Contains;

LeaseAnswer Answer(Standing standing, const std::string& detail = "") {
  LeaseAnswer answer;
  answer.interval = 1s;
  answer.standing = standing;
  answer.detail = detail;
  return answer;
}

// Answers after a millisecond.
class FakeLink final : public CoordinatorLink {
 public:
  explicit FakeLink(async::Clock& clock) : clock_(clock) {}

  async::Task<absl::StatusOr<LeaseAnswer>> Heartbeat(HeartbeatInfo info,
                                                     std::stop_token stop) override {
    heard.push_back(info);
    times.push_back(clock_.Now());
    co_await async::SleepFor(clock_, 1ms, stop);
    co_return answer;
  }

  absl::StatusOr<LeaseAnswer> answer = Answer(Standing::kUp);
  std::vector<HeartbeatInfo> heard;
  std::vector<async::TimePoint> times;

 private:
  async::Clock& clock_;
};

HeartbeatInfo NodeA() {
  HeartbeatInfo who;
  who.name = "a";
  who.instance_id = "i1";
  who.address = ":9091";
  return who;
}

struct Fixture {
  async::VirtualClock clock;
  FakeLink link{clock};
  std::vector<std::string> said;
  Lease lease{clock, link, NodeA(), 1, [this](bool trouble, const std::string& words) {
                said.push_back((trouble ? "! " : "") + words);
              }};
  std::stop_source stop;
  async::TaskGroup tasks;

  Fixture() { tasks.Spawn(lease.Keep(stop.get_token())); }
  ~Fixture() { Stop(); }
  void Stop() {
    stop.request_stop();
    clock.RunAll();
  }
  std::size_t HeardIn(async::Duration time) {
    const std::size_t before = link.heard.size();
    clock.RunFor(time);
    return link.heard.size() - before;
  }
};

TEST_CASE_METHOD(Fixture, "a node registers at once and repeats it after every interval") {
  REQUIRE(link.heard.size() == 1);
  CHECK(link.heard[0].name == "a");
  CHECK(link.heard[0].address == ":9091");
  clock.RunFor(100s);
  CHECK(link.heard.size() >= 90);
  CHECK(link.heard.size() <= 111);
  CHECK(said == std::vector<std::string>{"registered with the coordinator as a"});
}

TEST_CASE_METHOD(Fixture, "intervals vary by a tenth, so that nodes do not speak all at once") {
  clock.RunFor(100s);
  async::Duration least = 1h;
  async::Duration most{};
  for (std::size_t i = 1; i < link.times.size(); ++i) {
    least = std::min(least, link.times[i] - link.times[i - 1]);
    most = std::max(most, link.times[i] - link.times[i - 1]);
  }
  CHECK(least >= 901ms);
  CHECK(least < 930ms);
  CHECK(most <= 1101ms);
  CHECK(most > 1070ms);
}

TEST_CASE_METHOD(Fixture,
                 "a coordinator that is lost is tried again soon, later every second, said once") {
  clock.RunFor(5s);
  link.answer = absl::UnavailableError("connection refused");
  clock.RunFor(1200ms);
  CHECK(HeardIn(1s) >= 1);
  CHECK(HeardIn(60s) <= 68);
  CHECK(HeardIn(60s) >= 54);
  REQUIRE(said.size() == 2);
  CHECK(said[1] == "! lost the coordinator, trying again until it answers: connection refused");
  link.answer = Answer(Standing::kUp);
  CHECK(HeardIn(1200ms) >= 1);
  CHECK(said.size() == 3);
  CHECK(said[2] == "registered with the coordinator as a");
}

TEST_CASE_METHOD(Fixture, "the first tries come within a tenth of a second, then twice as late") {
  link.answer = absl::DeadlineExceededError("deadline exceeded");
  clock.RunFor(3s);
  REQUIRE(link.times.size() >= 4);
  CHECK(link.times[1] - link.times[0] < 115ms);
  CHECK(link.times[3] - link.times[2] > 2 * (link.times[1] - link.times[0]));
}

TEST_CASE_METHOD(Fixture, "when the connection breaks, the node registers again at once") {
  clock.RunFor(5500ms);
  const async::TimePoint broke = clock.Now();
  const std::size_t before = link.heard.size();
  lease.Hurry();
  clock.RunFor(2ms);
  REQUIRE(link.heard.size() == before + 1);
  CHECK(link.times.back() == broke);
}

TEST_CASE_METHOD(Fixture,
                 "a coordinator that was away for long is tried often again after a break") {
  link.answer = absl::UnavailableError("connection refused");
  clock.RunFor(60s);
  lease.Hurry();
  CHECK(HeardIn(350ms) >= 3);
}

TEST_CASE_METHOD(Fixture, "a refusal is said with its reason, once, and tried again") {
  link.answer = absl::FailedPreconditionError("its arithmetic is other");
  CHECK(HeardIn(20s) >= 17);
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Contains("! the coordinator refuses this node: its arithmetic is other"));
  link.answer = absl::FailedPreconditionError("another process has taken the name");
  clock.RunFor(5s);
  CHECK(said.size() == 2);
}

TEST_CASE_METHOD(Fixture,
                 "a server that is no coordinator does not refuse the node, but is named") {
  link.answer = absl::UnimplementedError("this is an mlp-node, not an mlp-coordinator");
  CHECK(HeardIn(20s) >= 17);  // a coordinator may take its place
  CHECK(said ==
        std::vector<std::string>{"! cannot register: this is an mlp-node, not an mlp-coordinator"});
}

TEST_CASE_METHOD(Fixture, "a full coordinator is asked again when it says") {
  link.answer = WithRetryAfter(absl::ResourceExhaustedError("10000 nodes"), 5s);
  clock.RunFor(3s);
  CHECK(HeardIn(100s) <= 23);
  CHECK(said == std::vector<std::string>{"! the coordinator refuses this node: 10000 nodes"});
}

TEST_CASE_METHOD(Fixture, "a node says that the operator drained it, and that it is back") {
  clock.RunFor(2s);
  link.answer = Answer(Standing::kDrained, "drained by the operator");
  clock.RunFor(5s);
  link.answer = Answer(Standing::kUp);
  clock.RunFor(5s);
  REQUIRE(said.size() == 3);
  CHECK(said[1] == "takes no new work: drained by the operator");
}

TEST_CASE_METHOD(Fixture, "that the coordinator cannot connect back is said when it lasts") {
  link.answer = Answer(Standing::kUnconnected, "connection refused");
  clock.RunFor(1500ms);
  CHECK(said.empty());
  clock.RunFor(5s);
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Contains("connection refused") && Contains("--advertise"));
}

async::Task<> NoteTold(Lease& lease, bool& told) {
  co_await lease.DrainTold({});
  told = true;
}

TEST_CASE_METHOD(Fixture, "a node that drains says so at once, and knows when that was heard") {
  clock.RunFor(500ms);
  const std::size_t before = link.heard.size();
  bool told = false;
  lease.Drain();
  tasks.Spawn(NoteTold(lease, told));
  clock.RunFor(1500us);
  REQUIRE(link.heard.size() == before + 1);
  CHECK(link.heard.back().draining);
  CHECK_FALSE(link.heard.back().leaving);
  CHECK(told);
  clock.RunFor(5s);
  CHECK(link.heard.back().draining);
  CHECK(said.size() == 1);  // its own announcement is not repeated to it
}

TEST_CASE_METHOD(Fixture, "a drain while a heartbeat is under way goes out after it") {
  clock.RunFor(500us);
  lease.Drain();
  clock.RunFor(1ms);
  REQUIRE(link.heard.size() == 2);
  CHECK_FALSE(link.heard[0].draining);
  CHECK(link.heard[1].draining);
}

TEST_CASE_METHOD(Fixture, "the last thing a node says is that it leaves") {
  clock.RunFor(3s);
  Stop();
  CHECK(link.heard.back().leaving);
  CHECK(tasks.running() == 0);
}

}  // namespace
}  // namespace mlp::node
