// Tests of the membership's limits: what is at one passes, what is beyond it does not.

#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/coordinator/membership/down_nodes.h"
#include "services/coordinator/membership/membership.h"
#include "test/coordinator/membership/membership_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using namespace test;                  // NOLINT(google-build-using-namespace)
using Catch::Contains;

TEST_CASE_METHOD(Fixture, "a heartbeat's texts have their longest length and not one more") {
  NodeHeartbeat longest = From(std::string(255, 'n'), std::string(64, 'i'), std::string(300, 'h'));
  longest.version = std::string(64, 'v');
  CHECK(membership.Heartbeat(now, longest).ok());
  const auto field_of_one_more = [&](std::string NodeHeartbeat::*text) {
    NodeHeartbeat longer = longest;
    longer.*text += 'x';
    return FieldOf(membership.Heartbeat(now, longer).status());
  };
  CHECK(field_of_one_more(&NodeHeartbeat::name) == "name");
  CHECK(field_of_one_more(&NodeHeartbeat::instance_id) == "instance_id");
  CHECK(field_of_one_more(&NodeHeartbeat::address) == "address");
  CHECK(field_of_one_more(&NodeHeartbeat::version) == "version");
  // Another arithmetic than the cluster's is refused in any case, for its length only beyond 255.
  longest.arithmetic = std::string(255, 'a');
  CHECK(absl::IsFailedPrecondition(membership.Heartbeat(now, longest).status()));
  CHECK(field_of_one_more(&NodeHeartbeat::arithmetic) == "arithmetic");
}

TEST_CASE_METHOD(Fixture, "a heartbeat need not state its version, but its address") {
  NodeHeartbeat heartbeat = From("a", "i1");
  heartbeat.version = "";
  CHECK(membership.Heartbeat(now, heartbeat).ok());
  heartbeat.arithmetic = "";  // well-formed, but not that of the cluster
  CHECK(absl::IsFailedPrecondition(membership.Heartbeat(now, heartbeat).status()));
  CHECK(FieldOf(membership.Heartbeat(now, From("a", "i1", "")).status()) == "address");
}

TEST_CASE("a lease's terms may be at the ends of their ranges and not beyond") {
  CHECK(CheckLeaseTerms({10ms, 2, 3}).ok());
  CHECK(CheckLeaseTerms({1h, 2, 3}).ok());
  CHECK(CheckLeaseTerms({1s, 1, 2}).ok());
  CHECK(CheckLeaseTerms({1s, 1, 1000}).ok());
  CHECK(CheckLeaseTerms({1s, 999, 1000}).ok());
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({10ms - 1ns, 2, 3})));
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1h + 1ns, 2, 3})));
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1s, 0, 1})));
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1s, 2, 2})));
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1s, 2, 1001})));
}

TEST_CASE_METHOD(Fixture, "of the processes that had a name the last eight may not have it back") {
  for (int i = 0; i < 9; ++i) Register("a", "i" + std::to_string(i));
  CHECK(absl::IsFailedPrecondition(membership.Heartbeat(now, From("a", "i0")).status()));
  Register("a", "i9");
  CHECK(absl::IsFailedPrecondition(membership.Heartbeat(now, From("a", "i1")).status()));
  CHECK(membership.Heartbeat(now, From("a", "i0")).ok());
}

TEST_CASE_METHOD(Fixture, "there are 10,000 nodes at most, of the dead and idle the oldest goes") {
  for (std::size_t i = 0; i < kMaxNodes; ++i) {
    const std::string n = std::to_string(i);
    Register("node-" + n, "i" + n, "h:" + n);
    now += 1us;
  }
  const auto full = membership.Heartbeat(now, From("more", "x"));
  CHECK(absl::IsResourceExhausted(full.status()));
  CHECK(RetryAfterOf(full.status()) == 5s);
  CHECK_THAT(std::string(full.status().message()),
             Contains("10000 nodes are registered, which is the limit"));
  membership.AttemptBegan(0);  // the oldest still has work
  membership.AttemptBegan(1);
  membership.AttemptEnded(now, 1, Membership::AttemptEnd::kFinished);
  Pass(1min);
  Changes(membership);
  CHECK(membership.Heartbeat(now, From("more", "x")).value() == 1);
  CHECK(Changes(membership) == std::vector<std::string>{"~node-1"});
  CHECK(node(1).name == "more");
  CHECK(node(1).finished_attempts == 0);
  CHECK(membership.nodes().size() == kMaxNodes);
  CHECK(membership.Heartbeat(now, From("node-1", "i1")).value() ==
        2);  // which comes back as a new one
}

TEST_CASE_METHOD(Fixture, "10,000 names may be drained, another one when one of them is not") {
  std::vector<std::string> names;
  for (std::size_t i = 1; i < kMaxNodes; ++i) names.push_back("node-" + std::to_string(i));
  membership.RestoreDrained(names);
  const int a = Register("a", "i1");
  const int b = Register("b", "i2", "10.0.0.2:9091");
  CHECK(membership.Drain("a").value() == a);
  CHECK(membership.Drain("a").value() == a);  // is drained already
  const auto full = membership.Drain("b");
  CHECK(absl::IsResourceExhausted(full.status()));
  CHECK_THAT(std::string(full.status().message()), Contains("10000 names are drained"));
  CHECK(state(b) == NodeState::kUp);
  CHECK(membership.Undrain("node-1").ok());
  CHECK(membership.Drain("b").value() == b);
  CHECK(state(b) == NodeState::kDraining);
}

TEST_CASE_METHOD(Fixture, "why no node is up is said of each, of the first few of many") {
  CHECK_THAT(DescribeDownNodes(membership.nodes()), Contains("mlp-node --coordinator"));
  Register("a", "i1");
  Register("b", "i2", "10.0.0.2:9091");
  NodeHeartbeat misfit = From("c", "i3", "10.0.0.3:9091");
  misfit.arithmetic = "other";
  (void)membership.Heartbeat(now, misfit);
  (void)membership.Drain("b");
  Pass(2500ms);
  CHECK_THAT(DescribeDownNodes(membership.nodes()),
             Contains("a (10.0.0.1:9091): missed 2 heartbeats; b (10.0.0.2:9091): drained") &&
                 Contains("c (10.0.0.3:9091): its arithmetic is other"));
  Pass(1s);
  CHECK_THAT(DescribeDownNodes(membership.nodes()), Contains("a (10.0.0.1:9091): its lease"));
  for (int i = 0; i < 20; ++i) membership.Add("h:" + std::to_string(i));
  CHECK_THAT(DescribeDownNodes(membership.nodes()), Contains("; and 15 more"));
}

TEST_CASE_METHOD(Fixture,
                 "eight nodes that are down are described, and how many there are beyond") {
  membership.Add("h:1");
  CHECK(DescribeDownNodes(membership.nodes()) == "h:1: not asked yet");
  for (int i = 2; i <= 8; ++i) membership.Add("h:" + std::to_string(i));
  const std::string eight = DescribeDownNodes(membership.nodes());
  CHECK_THAT(eight, Catch::EndsWith("; h:7: not asked yet; h:8: not asked yet"));
  membership.Add("h:9");
  CHECK(DescribeDownNodes(membership.nodes()) == eight + "; and 1 more (mlp-client nodes)");
}

}  // namespace
}  // namespace mlp::coordinator
