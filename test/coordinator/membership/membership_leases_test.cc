// Tests of leases that end, are replaced or dropped: what is left of them, and what is told.

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/coordinator/membership/membership.h"
#include "test/coordinator/membership/membership_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using namespace test;                  // NOLINT(google-build-using-namespace)

// Changes with the node's number and the reason: "0 a: has left".
std::vector<std::string> Told(Membership& membership) {
  std::vector<std::string> told;
  for (const NodeChange& change : membership.TakeChanges()) {
    told.push_back(absl::StrCat(change.node, " ", change.name, ": ", change.reason));
  }
  return told;
}

TEST_CASE_METHOD(Fixture, "a lease begins when its process registers, not when its name did") {
  const int a = Register("a", "i1");
  Pass(2s);
  Register("a", "i2", "10.0.0.2:9091");
  CHECK(membership.NextExpiry() == now + 2500ms);
  CHECK(node(a).lease_end == now + 3500ms);
  Pass(2499ms);
  CHECK(state(a) == NodeState::kUp);
  Pass(1ms);
  CHECK(state(a) == NodeState::kSuspected);
}

TEST_CASE_METHOD(Fixture, "a node whose lease has ended has none and is connected to anew") {
  const int a = Register("a", "i1");
  membership.Lost(a, "the connection was lost");
  Pass(3499ms);
  CHECK(node(a).lease_end == now + 1ms);
  Pass(1ms);
  CHECK_FALSE(node(a).lease_end);
  CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
  CHECK(state(a) == NodeState::kDown);
  CHECK(node(a).detail == "is being connected to");
  CHECK(node(a).lease_end == now + 3500ms);
}

TEST_CASE_METHOD(Fixture,
                 "a coordinator stood still if it looks an interval late, and not before") {
  const int a = Register("a", "i1");
  const Membership::TimePoint interval_late = now + 3500ms;
  SECTION("an interval") {
    membership.Expire(interval_late);
    CHECK(state(a) == NodeState::kDown);
  }
  SECTION("more than that") {
    now = interval_late + 1ns;
    membership.Expire(now);
    CHECK(state(a) == NodeState::kUp);
    CHECK(membership.NextExpiry() == now + 2500ms);
    CHECK(node(a).lease_end == now + 3500ms);
  }
  SECTION("more than that while the node was suspected already") {
    Pass(2500ms);
    now += 1min;
    membership.Expire(now);
    CHECK(state(a) == NodeState::kSuspected);
    CHECK(node(a).lease_end == now + 3500ms);
    Pass(3500ms);
    CHECK(state(a) == NodeState::kDown);
  }
}

TEST_CASE_METHOD(Fixture, "only the process that holds a lease can end it by leaving") {
  const int a = Register("a", "i1");
  const int b = membership.Add("10.0.0.2:9091");
  membership.Answered(b, Identity("b", "i3"));
  Changes(membership);
  NodeHeartbeat leaving;
  SECTION("not another process of that name") { leaving = From("a", "i2"); }
  SECTION("not a configured process that has none") { leaving = From("b", "i3", "10.0.0.2:9091"); }
  leaving.leaving = true;
  CHECK(absl::IsNotFound(membership.Heartbeat(now, leaving).status()));
  CHECK(Changes(membership).empty());
  CHECK(state(a) == NodeState::kUp);
  CHECK(state(b) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a process that fits has a refused one's name and is connected to") {
  NodeHeartbeat misfit = From("a", "i1");
  misfit.arithmetic = "other";
  CHECK(absl::IsFailedPrecondition(membership.Heartbeat(now, misfit).status()));
  REQUIRE(membership.Heartbeat(now, From("a", "i2")).value() == 0);
  CHECK(state(0) == NodeState::kDown);
  CHECK(node(0).detail == "is being connected to");
}

TEST_CASE_METHOD(Fixture, "a process that has its name back keeps it") {
  const int a = Register("a", "i1");
  Register("a", "i2", "10.0.0.2:9091");
  Pass(1min);
  CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
  CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
}

TEST_CASE_METHOD(Fixture, "a name that its process gave up is another node's when it is taken") {
  membership.Add("10.0.0.1:9091");
  REQUIRE(Register("a", "i1") == 0);
  SECTION("for another name") { CHECK(Register("b", "i1") == 0); }
  SECTION("because a process that did not register has its configured address") {
    CHECK(membership.Answered(0, Identity("b", "i2")) == NodeState::kUp);
    CHECK_FALSE(node(0).registered);
    CHECK_FALSE(node(0).lease_end);
    CHECK_FALSE(membership.NextExpiry());
  }
  CHECK(node(0).name == "b");
  CHECK(Register("a", "i3", "10.0.0.2:9091") == 1);
  CHECK(state(1) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a configured node is gone when another process registers as it") {
  const int a = membership.Add("10.0.0.1:9091");
  membership.Answered(a, Identity("a", "i1"));
  Changes(membership);
  CHECK(membership.Heartbeat(now, From("a", "i2")).value() == a);
  CHECK(Changes(membership) == std::vector<std::string>{"-a", "!a"});
}

TEST_CASE_METHOD(Fixture, "every change names its node and says why") {
  Register("a", "i1");
  Register("b", "i2", "10.0.0.2:9091");
  CHECK(Told(membership) == std::vector<std::string>{"0 a: ", "1 b: "});
  membership.Lost(1, "the connection was lost");
  CHECK(Told(membership) == std::vector<std::string>{"1 b: the connection was lost"});
  CHECK(membership.Heartbeat(now, From("b", "i2", "10.0.0.3:9091")).ok());
  CHECK(Told(membership) == std::vector<std::string>{"1 b: is at another address now"});
  CHECK(membership.Heartbeat(now, From("a", "i9", "10.0.0.4:9091")).ok());
  CHECK(Told(membership) == std::vector<std::string>{"0 a: is being connected to",
                                                     "0 a: another process has taken its place"});
  NodeHeartbeat leaving = From("a", "i9", "10.0.0.4:9091");
  leaving.leaving = true;
  CHECK(membership.Heartbeat(now, leaving).ok());
  CHECK(Told(membership) == std::vector<std::string>{"0 a: has left"});
}

}  // namespace
}  // namespace mlp::coordinator
