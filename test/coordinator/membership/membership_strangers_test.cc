// Tests of nodes that register and were never reached: anybody can be one, so they are limited.

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "services/base/retry_after.h"
#include "services/coordinator/membership/membership.h"
#include "test/coordinator/membership/membership_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using namespace test;                  // NOLINT(google-build-using-namespace)
using Catch::Contains;

struct Strange : Fixture {
  absl::Status Forge(int number, const std::string& host) {
    const std::string n = std::to_string(number);
    NodeHeartbeat heartbeat = From("forged-" + n, "i" + n, "10.9.9.9:" + n);
    heartbeat.host = host;
    return membership.Heartbeat(now, heartbeat).status();
  }
  // Number of places that anybody has.
  std::size_t taken() const {
    return static_cast<std::size_t>(
        std::ranges::count(membership.nodes(), false, &NodeStatus::vacant));
  }
};

TEST_CASE_METHOD(Strange,
                 "10,000 invented nodes of a host get 256 places, true ones lose nothing") {
  const int a = Register("a", "i-a");
  for (int i = 0; i < 10'000; ++i) {
    const absl::Status status = Forge(i, "10.9.9.9");
    REQUIRE(status.ok() == (i < 256));
    now += 100us;
  }
  const absl::Status full = Forge(10'000, "10.9.9.9");
  CHECK(absl::IsResourceExhausted(full));
  CHECK(RetryAfterOf(full) == 1s);
  CHECK_THAT(std::string(full.message()), Contains("256 nodes of 10.9.9.9 have registered"));
  CHECK(taken() == 257);
  CHECK(membership.Heartbeat(now, From("a", "i-a")).value() == a);
  CHECK(state(a) == NodeState::kUp);
  CHECK(Register("b", "i-b", "10.0.0.2:9091") == 257);  // another host's
}

TEST_CASE_METHOD(Strange,
                 "there are 1,000 strangers at most, and none takes a known node's place") {
  const int a = Register("a", "i-a");
  for (int i = 0; i < 1000; ++i) REQUIRE(Forge(i, "10.9.9." + std::to_string(i % 4)).ok());
  const absl::Status full = Forge(1000, "10.9.9.8");
  CHECK(absl::IsResourceExhausted(full));
  CHECK_THAT(std::string(full.message()), Contains("1000 nodes have registered"));
  CHECK(membership.Heartbeat(now, From("a", "i2", "10.0.0.7:9091")).value() == a);  // restarted
  membership.Answered(a + 1, Identity("forged-0", "i0"));  // it is there after all
  CHECK_FALSE(membership.StrangerFrom(a + 1));
  CHECK(Forge(1000, "10.9.9.8").ok());
}

TEST_CASE_METHOD(Strange, "a stranger is forgotten an interval after its lease has ended") {
  REQUIRE(Forge(1, "10.9.9.9").ok());
  CHECK(membership.StrangerFrom(0) == "10.9.9.9");
  Pass(4499ms);
  CHECK(taken() == 1);
  Pass(1ms);
  CHECK(taken() == 0);
  CHECK(Changes(membership) == std::vector<std::string>{"!forged-1", "~forged-1"});
  CHECK_FALSE(membership.NextExpiry());
}

TEST_CASE_METHOD(Strange, "a node that is configured later is no stranger any more") {
  REQUIRE(Forge(1, "10.9.9.9").ok());
  CHECK(membership.Add("10.9.9.9:1") == 0);
  CHECK_FALSE(membership.StrangerFrom(0));
  Pass(1h);
  CHECK(taken() == 1);
}

TEST_CASE_METHOD(Strange, "what is found at an address is said of nodes that were reached there") {
  REQUIRE(Forge(1, "10.9.9.9").ok());
  CHECK(node(0).detail == "is being connected to");
  membership.Lost(0, "Connection refused");
  const std::string refused = node(0).detail;
  CHECK(refused == "was not reached at 10.9.9.9:1 so far; the coordinator's log says why");
  CHECK(membership.WhySilent(0) == "Connection refused");
  membership.Answered(0, Identity("database", "other"));
  CHECK(node(0).detail == refused);
  CHECK_THAT(membership.WhySilent(0), Contains("another process, database"));
  membership.Answered(0, Identity("forged-1", "i1"));
  membership.Lost(0, "Connection refused");
  CHECK(node(0).detail == "Connection refused");
}

}  // namespace
}  // namespace mlp::coordinator
