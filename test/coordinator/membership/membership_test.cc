// Tests of the nodes' states and their reasons, with made-up numbers and times.
#include "services/coordinator/membership/membership.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "services/base/field_error.h"
#include "test/coordinator/membership/membership_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using namespace test;                  // NOLINT(google-build-using-namespace)
using Catch::Contains;

TEST_CASE_METHOD(Fixture, "a node that registers is up once it has answered at its address") {
  const int a = membership.Heartbeat(now, From("a", "i1")).value();
  CHECK(state(a) == NodeState::kDown);
  CHECK(node(a).detail == "is being connected to");
  CHECK(Changes(membership).empty());
  CHECK(membership.Answered(a, Identity("a", "i1")) == NodeState::kUp);
  CHECK(Changes(membership) == std::vector<std::string>{"+a"});
  CHECK(node(a).name == "a");
  CHECK(node(a).address == "10.0.0.1:9091");
  CHECK(node(a).registered);
  CHECK(node(a).lease_end == now + 3500ms);
}

TEST_CASE_METHOD(Fixture, "a node is listed with what it says of itself") {
  const int a = membership.Heartbeat(now, From("a", "i1")).value();
  CHECK(node(a).instance_id == "i1");
  CHECK(node(a).version == "0.1.0");
  NodeIdentity identity = Identity("a", "i1");
  identity.version = "0.2.0";
  identity.load = {0.5, 20ms, 7};
  identity.slots = 3;
  identity.cached_results.push_back({"job-1", 2, 5});
  REQUIRE(membership.Answered(a, identity) == NodeState::kUp);
  CHECK(node(a).version == "0.2.0");
  CHECK(node(a).load.probability == 0.5);
  CHECK(node(a).load.delay == 20ms);
  CHECK(node(a).load.seed == 7);
  CHECK(node(a).slots == 3);
  REQUIRE(node(a).cached_results.size() == 1);
  CHECK(node(a).cached_results[0].job_id == "job-1");
  CHECK(node(a).cached_results[0].round == 2);
  CHECK(node(a).cached_results[0].shard == 5);
}

TEST_CASE_METHOD(Fixture, "a configured node has no lease and is up while it answers") {
  const int node_number = membership.Add("10.0.0.1:9091");
  CHECK(membership.Add("10.0.0.1:9091") == node_number);
  membership.Answered(node_number, Identity("a", "i1"));
  CHECK_FALSE(membership.NextExpiry());
  Pass(1h);
  CHECK(state(node_number) == NodeState::kUp);
  membership.Lost(node_number, "the connection was lost");
  CHECK(state(node_number) == NodeState::kDown);
  CHECK(Changes(membership) == std::vector<std::string>{"+a", "-a"});
}

TEST_CASE_METHOD(Fixture, "heartbeats keep a lease, without them a node is suspected, then dead") {
  const int a = Register("a", "i1");
  for (int i = 0; i < 10; ++i) {
    Pass(1100ms);
    CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
    CHECK(state(a) == NodeState::kUp);
  }
  CHECK(Changes(membership) == std::vector<std::string>{"+a"});
  Pass(2499ms);
  CHECK(state(a) == NodeState::kUp);
  Pass(1ms);
  CHECK(state(a) == NodeState::kSuspected);
  CHECK(node(a).detail == "missed 2 heartbeats");
  CHECK(Changes(membership) == std::vector<std::string>{"-a"});
  Pass(1s);
  CHECK(state(a) == NodeState::kDown);
  CHECK_THAT(node(a).detail, Contains("no heartbeat for 3.5 s"));
  CHECK(Changes(membership) == std::vector<std::string>{"!a"});
  CHECK(membership.NextExpiry() == now + kForgetAfter);
}

TEST_CASE_METHOD(Fixture, "a suspected node that is heard again is up at once") {
  const int a = Register("a", "i1");
  Pass(3s);
  Changes(membership);
  CHECK(membership.Heartbeat(now, From("a", "i1")).ok());
  CHECK(state(a) == NodeState::kUp);
  CHECK(Changes(membership) == std::vector<std::string>{"+a"});
}

TEST_CASE_METHOD(Fixture, "a dead node that is heard again is up when it has answered again") {
  const int a = Register("a", "i1");
  Pass(1min);
  CHECK(membership.Answered(a, Identity("a", "i1")) == NodeState::kDown);  // no lease, no work
  Changes(membership);
  CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
  CHECK(state(a) == NodeState::kDown);
  CHECK(membership.Answered(a, Identity("a", "i1")) == NodeState::kUp);
  CHECK(Changes(membership) == std::vector<std::string>{"+a"});
}

TEST_CASE("a lease's terms are the operator's") {
  Fixture fixture(LeaseTerms{100ms, 5, 10});
  const int a = fixture.Register("a", "i1");
  fixture.Pass(549ms);
  CHECK(fixture.state(a) == NodeState::kUp);
  fixture.Pass(1ms);
  CHECK(fixture.state(a) == NodeState::kSuspected);
  fixture.Pass(500ms);
  CHECK(fixture.state(a) == NodeState::kDown);
  CHECK(CheckLeaseTerms({1s, 2, 3}).ok());
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1s, 2, 2})));
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1s, 0, 2})));
  CHECK(absl::IsInvalidArgument(CheckLeaseTerms({1ms, 2, 3})));
}

TEST_CASE_METHOD(Fixture, "a coordinator that stood still does not take its nodes for dead") {
  const int a = Register("a", "i1");
  now += 1min;
  membership.Expire(now);
  CHECK(state(a) == NodeState::kUp);
  Pass(2500ms);
  CHECK(state(a) == NodeState::kSuspected);
}

TEST_CASE_METHOD(Fixture, "a new process takes its name's place and number at once") {
  const int a = Register("a", "i1");
  membership.AttemptBegan(a);
  Changes(membership);
  CHECK(membership.Heartbeat(now, From("a", "i2", "10.0.0.2:9091")).value() == a);
  CHECK(Changes(membership) == std::vector<std::string>{"-a", "!a"});
  CHECK(state(a) == NodeState::kDown);
  CHECK(node(a).address == "10.0.0.2:9091");
  CHECK(membership.nodes().size() == 1);
  membership.Answered(a, Identity("a", "i2"));
  CHECK(Changes(membership) == std::vector<std::string>{"+a"});
}

TEST_CASE_METHOD(Fixture,
                 "a node that moved is called at its new address, unless the old one works") {
  const int a = Register("a", "i1");
  CHECK(membership.Heartbeat(now, From("a", "i1", "10.0.0.2:9091")).ok());
  CHECK(node(a).address == "10.0.0.1:9091");
  membership.Lost(a, "the connection was lost");
  Changes(membership);
  CHECK(membership.Heartbeat(now, From("a", "i1", "10.0.0.2:9091")).ok());
  CHECK(node(a).address == "10.0.0.2:9091");
  CHECK(Changes(membership) == std::vector<std::string>{"!a"});  // a new line to it
}

TEST_CASE_METHOD(Fixture, "two processes that share a name do not take turns") {
  const int a = Register("a", "i1");
  Register("a", "i2", "10.0.0.2:9091");
  Changes(membership);
  const auto refused = membership.Heartbeat(now, From("a", "i1"));
  CHECK(absl::IsFailedPrecondition(refused.status()));
  CHECK_THAT(std::string(refused.status().message()),
             Contains("10.0.0.2:9091") && Contains("another --name"));
  CHECK(Changes(membership).empty());
  CHECK(state(a) == NodeState::kUp);
  SECTION("but the first one may have it back when the second is dead") {
    Pass(1min);
    CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
    CHECK(absl::IsFailedPrecondition(
        membership.Heartbeat(now, From("a", "i2", "10.0.0.2:9091")).status()));
  }
}

TEST_CASE_METHOD(Fixture, "an answer by another process than the one that registered counts not") {
  const int a = membership.Heartbeat(now, From("a", "i1")).value();
  CHECK(membership.Answered(a, Identity("b", "i9")) == NodeState::kDown);
  CHECK_THAT(membership.WhySilent(a), Contains("another process, b, answers at 10.0.0.1:9091"));
  CHECK(membership.Answered(a, Identity("a", "i1")) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "another protocol or arithmetic is refused, and listed with the reason") {
  NodeHeartbeat heartbeat = From("a", "i1");
  std::string reason;
  SECTION("protocol") {
    heartbeat.protocol = kProtocolVersion + 1;
    reason = "speaks version 3 of the protocol, this coordinator version 2";
  }
  SECTION("arithmetic") {
    heartbeat.arithmetic = "mlp-1/neon";
    reason = "its arithmetic is mlp-1/neon, this cluster's is mlp-1/fma3";
  }
  const auto refused = membership.Heartbeat(now, heartbeat);
  CHECK(absl::IsFailedPrecondition(refused.status()));
  CHECK_THAT(std::string(refused.status().message()), Contains(reason));
  REQUIRE(membership.nodes().size() == 1);
  CHECK(state(0) == NodeState::kRefused);
  CHECK_THAT(node(0).detail, Contains(reason));
  Pass(1min);
  CHECK(state(0) == NodeState::kDown);  // it is not heard any more
  CHECK(Register("a", "i2") == 0);
  CHECK(state(0) == NodeState::kUp);  // a process that fits has its name
}

TEST_CASE_METHOD(Fixture, "a configured node with another protocol or arithmetic is refused") {
  const int a = membership.Add("10.0.0.1:9091");
  NodeIdentity identity = Identity("a", "i1");
  identity.protocol = 0;  // does not state one
  CHECK(membership.Answered(a, identity) == NodeState::kRefused);
  membership.Lost(a, "the connection was lost");
  CHECK(state(a) == NodeState::kDown);
  CHECK(node(a).detail == "the connection was lost");
  identity.protocol = kProtocolVersion;
  identity.arithmetic = "other";
  CHECK(membership.Answered(a, identity) == NodeState::kRefused);
  CHECK(membership.Answered(a, Identity("a", "i1")) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a process that does not fit takes no place of one that does") {
  const int a = Register("a", "i1");
  NodeHeartbeat misfit = From("a", "i2");
  misfit.arithmetic = "other";
  CHECK(absl::IsFailedPrecondition(membership.Heartbeat(now, misfit).status()));
  CHECK(state(a) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a configured node that registers is one node") {
  int a = 0;
  SECTION("at the same address, before it has answered") {
    a = membership.Add("10.0.0.1:9091");
    CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
    membership.Answered(a, Identity("a", "i1"));
  }
  SECTION("at the same address, while it is up") {
    a = membership.Add("10.0.0.1:9091");
    membership.Answered(a, Identity("a", "i1"));
    Changes(membership);
    CHECK(membership.Heartbeat(now, From("a", "i1")).value() == a);
    CHECK(Changes(membership).empty());
  }
  SECTION("at another address of the same process") {
    a = membership.Add("10.0.0.1:9091");
    membership.Answered(a, Identity("a", "i1"));
    CHECK(membership.Heartbeat(now, From("a", "i1", "[::1]:9091")).value() == a);
    CHECK(node(a).address == "10.0.0.1:9091");  // the one that works
  }
  SECTION("that registered first") {
    a = Register("a", "i1");
    CHECK(membership.Add("10.0.0.1:9091") == a);
  }
  CHECK(membership.nodes().size() == 1);
  CHECK(state(a) == NodeState::kUp);
  CHECK(node(a).registered);
}

TEST_CASE_METHOD(Fixture, "a process that renews its lease under another name has that name") {
  membership.Add("10.0.0.1:9091");
  REQUIRE(membership.Heartbeat(now, From("a", "1")).value() == 0);
  membership.Answered(0, Identity("a", "1"));
  CHECK(membership.Heartbeat(now, From("b", "1")).value() == 0);
  CHECK(node(0).name == "b");
  CHECK(state(0) == NodeState::kUp);
  CHECK(absl::IsNotFound(membership.Drain("a").status()));
  CHECK(membership.Drain("b").ok());
}

TEST_CASE_METHOD(Fixture, "a configured node needs no lease when its process did not register") {
  const int a = membership.Add("10.0.0.1:9091");
  Register("a", "i1");
  Pass(1min);
  CHECK(state(a) == NodeState::kDown);
  CHECK(membership.Answered(a, Identity("a", "i2")) == NodeState::kUp);
  CHECK_FALSE(node(a).registered);
  Pass(1min);
  CHECK(state(a) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a second address of one process is refused") {
  const int a = membership.Add("10.0.0.1:9091");
  const int b = membership.Add("10.0.0.2:9091");
  membership.Answered(a, Identity("a", "i1"));
  CHECK(membership.Answered(b, Identity("a", "i1")) == NodeState::kRefused);
  CHECK(node(b).detail == "is the same process as the node at 10.0.0.1:9091");
}

TEST_CASE_METHOD(Fixture, "an address of a process is taken when no other one of it works") {
  const int a = membership.Add("10.0.0.1:9091");
  const int b = membership.Add("10.0.0.2:9091");
  const int c = membership.Add("10.0.0.3:9091");
  membership.Answered(a, Identity("a", "i1"));
  membership.Answered(b, Identity("b", "i2"));
  CHECK(membership.Answered(c, Identity("b", "i2")) == NodeState::kRefused);
  CHECK(node(c).detail == "is the same process as the node at 10.0.0.2:9091");
  membership.Lost(b, "the connection was lost");
  CHECK(membership.Answered(c, Identity("b", "i2")) == NodeState::kUp);
  CHECK(membership.Answered(b, Identity("b", "i2")) == NodeState::kRefused);
  CHECK(membership.Answered(c, Identity("b", "i2")) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a drained node stays drained whichever process has its name") {
  const int a = Register("a", "i1");
  Changes(membership);
  CHECK(membership.Drain("a").value() == a);
  CHECK(state(a) == NodeState::kDraining);
  CHECK(node(a).drained);
  CHECK_THAT(node(a).detail, Contains("mlp-client undrain a"));
  CHECK(Changes(membership) == std::vector<std::string>{"-a"});
  CHECK(membership.Drain("a").value() == a);
  CHECK(Changes(membership).empty());
  Register("a", "i2", "10.0.0.2:9091");
  CHECK(state(a) == NodeState::kDraining);
  Changes(membership);
  CHECK(membership.Undrain("a").value() == std::optional<int>(a));
  CHECK(state(a) == NodeState::kUp);
  CHECK(Changes(membership) == std::vector<std::string>{"+a"});
}

TEST_CASE_METHOD(Fixture, "only known names are drained and undrained") {
  CHECK(absl::IsNotFound(membership.Drain("a").status()));
  CHECK(absl::IsNotFound(membership.Undrain("a").status()));
  membership.RestoreDrained({"a", "b"});
  CHECK(membership.Undrain("a").value() == std::optional<int>());
  CHECK(absl::IsNotFound(membership.Undrain("a").status()));
  const int b = Register("b", "i1");
  CHECK(state(b) == NodeState::kDraining);  // as before the restart
  CHECK(absl::IsNotFound(membership.Undrain("a").status()));
}

TEST_CASE_METHOD(Fixture, "all nodes of a name are drained and undrained, by the first's number") {
  const int other = membership.Add("10.0.0.1:9091");
  const int first = membership.Add("10.0.0.2:9091");
  const int second = membership.Add("10.0.0.3:9091");
  membership.Answered(other, Identity("other", "i1"));
  membership.Answered(first, Identity("a", "i2"));
  membership.Answered(second, Identity("a", "i3"));
  CHECK(membership.Drain("a").value() == first);
  CHECK(state(other) == NodeState::kUp);
  CHECK(state(first) == NodeState::kDraining);
  CHECK(state(second) == NodeState::kDraining);
  CHECK(membership.Undrain("a").value() == std::optional<int>(first));
  CHECK(state(first) == NodeState::kUp);
  CHECK(state(second) == NodeState::kUp);
  CHECK(membership.Undrain("a").value() == std::optional<int>(first));  // is not drained
}

TEST_CASE_METHOD(Fixture, "a node that shuts down gets nothing new, then leaves at once") {
  const int a = Register("a", "i1");
  Changes(membership);
  NodeHeartbeat heartbeat = From("a", "i1");
  heartbeat.draining = true;
  CHECK(membership.Heartbeat(now, heartbeat).ok());
  CHECK(state(a) == NodeState::kDraining);
  CHECK(Changes(membership) == std::vector<std::string>{"-a"});
  heartbeat.leaving = true;
  CHECK(membership.Heartbeat(now, heartbeat).value() == a);
  CHECK(state(a) == NodeState::kDown);
  CHECK(node(a).detail == "has left");
  CHECK(absl::IsNotFound(membership
                             .Heartbeat(now,
                                        [] {
                                          NodeHeartbeat stranger = From("b", "i2", "h:1");
                                          stranger.leaving = true;
                                          return stranger;
                                        }())
                             .status()));
  CHECK(membership.nodes().size() == 1);
  Register("a", "i2");
  CHECK(state(a) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a configured node that rejects because it shuts down gets nothing new") {
  const int a = membership.Add("10.0.0.1:9091");
  membership.Answered(a, Identity("a", "i1"));
  membership.ShutsDown(a);
  CHECK(state(a) == NodeState::kDraining);
  membership.Lost(a, "the connection was lost");
  CHECK(membership.Answered(a, Identity("a", "i2")) == NodeState::kUp);
}

TEST_CASE_METHOD(Fixture, "a heartbeat that names nobody says which field is wrong") {
  CHECK(FieldOf(membership.Heartbeat(now, From("", "i1")).status()) == "name");
  CHECK(FieldOf(membership.Heartbeat(now, From("a", "")).status()) == "instance_id");
  CHECK(FieldOf(membership.Heartbeat(now, From(std::string(256, 'a'), "i1")).status()) == "name");
  CHECK(FieldOf(membership.Heartbeat(now, From("a\x1b[2J", "i1")).status()) == "name");
  CHECK(FieldOf(membership.Heartbeat(now, From("a", "i1", "h\n:1")).status()) == "address");
  CHECK(membership.nodes().empty());
}

TEST_CASE_METHOD(Fixture, "what became of a node's work is counted") {
  using End = Membership::AttemptEnd;
  const int a = Register("a", "i1");
  for (const End end :
       {End::kFinished, End::kFinished, End::kRejected, End::kFailed, End::kCancelled}) {
    membership.AttemptBegan(a);
    now += 1s;
    membership.AttemptEnded(now, a, end, end == End::kFailed ? "disk on fire" : "");
  }
  CHECK(node(a).active_attempts == 0);
  CHECK(node(a).finished_attempts == 2);
  CHECK(node(a).finished_rate.PerSecond(now) == 0.5);
  CHECK(node(a).rejected_attempts == 1);
  CHECK(node(a).failed_attempts == 1);
  CHECK(node(a).last_error == "disk on fire");
  CHECK(node(a).last_error_time == now - 1s);
}

}  // namespace
}  // namespace mlp::coordinator
