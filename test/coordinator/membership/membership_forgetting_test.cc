// Tests of nodes that are forgotten, of their numbers, and of configured ones that come and go.

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "services/coordinator/membership/down_nodes.h"
#include "services/coordinator/membership/membership.h"
#include "test/coordinator/membership/membership_fixture.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using namespace test;                  // NOLINT(google-build-using-namespace)
using Catch::Contains;
using Texts = std::vector<std::string>;

TEST_CASE_METHOD(Fixture, "a registered node is forgotten ten minutes after its lease has ended") {
  const int a = Register("a", "i1");
  Pass(3500ms);
  Changes(membership);
  Pass(10min - 1ms);
  CHECK(node(a).name == "a");
  CHECK(Changes(membership).empty());
  Pass(1ms);
  CHECK(Changes(membership) == Texts{"~a"});
  CHECK(node(a).vacant);
  CHECK_FALSE(membership.NextExpiry());
  CHECK_THAT(DescribeDownNodes(membership.nodes()), Contains("no node is configured"));
  CHECK(absl::IsNotFound(membership.Drain("a").status()));
  CHECK(absl::IsNotFound(membership.Drain("").status()));
}

TEST_CASE_METHOD(Fixture, "a heartbeat in time keeps a dead node's number and its figures") {
  const int a = Register("a", "i1");
  membership.AttemptBegan(a);
  membership.AttemptEnded(now, a, Membership::AttemptEnd::kFinished);
  Pass(10min);
  CHECK(Register("a", "i1") == a);
  CHECK(node(a).finished_attempts == 1);
  Pass(2s);
  CHECK(membership.Heartbeat(now, From("a", "i1")).ok());
  CHECK(Changes(membership) == Texts{"+a", "-a", "!a", "+a"});
}

TEST_CASE_METHOD(Fixture, "the number of a node that is forgotten goes to the next new one") {
  const int a = Register("a", "i1");
  const int b = Register("b", "i2", "10.0.0.2:9091");
  Pass(3s);
  CHECK(membership.Heartbeat(now, From("b", "i2", "10.0.0.2:9091")).ok());
  for (int i = 0; i < 700; ++i) {
    Pass(1s);
    REQUIRE(membership.Heartbeat(now, From("b", "i2", "10.0.0.2:9091")).value() == b);
  }
  Changes(membership);
  REQUIRE(node(a).vacant);
  CHECK(Register("c", "i3", "10.0.0.3:9091") == a);
  CHECK(node(a).name == "c");
  CHECK(Register("a", "i1") == 2);
  CHECK(Changes(membership) == Texts{"+c", "+a"});
}

TEST_CASE_METHOD(Fixture, "a node that has attempts is not forgotten before they have ended") {
  const int a = Register("a", "i1");
  membership.AttemptBegan(a);
  Pass(11min);
  CHECK_FALSE(node(a).vacant);
  membership.AttemptEnded(now, a, Membership::AttemptEnd::kFailed, "lost");
  Pass(1s);
  CHECK(node(a).vacant);
}

TEST_CASE_METHOD(Fixture, "a drain lasts when its node is forgotten or removed") {
  const int a = Register("a", "i1");
  CHECK(membership.Drain("a").ok());
  SECTION("forgotten") { Pass(11min); }
  SECTION("removed") {
    Pass(1min);
    CHECK(membership.Remove("a").ok());
  }
  CHECK(node(a).vacant);
  CHECK(Register("a", "i2") == a);
  CHECK(state(a) == NodeState::kDraining);
}

TEST_CASE_METHOD(Fixture, "only nodes that are gone are removed, and at once") {
  const int a = Register("a", "i1");
  membership.Add("10.0.0.2:9091");
  CHECK(absl::IsNotFound(membership.Remove("b")));
  CHECK(absl::IsNotFound(membership.Remove("")));
  CHECK_THAT(std::string(membership.Remove("a").message()), Contains("has a lease"));
  CHECK_THAT(std::string(membership.Remove("10.0.0.2:9091").message()), Contains("--nodes"));
  CHECK(state(a) == NodeState::kUp);
  Pass(3500ms);
  Changes(membership);
  CHECK(membership.Remove("a").ok());
  CHECK(Changes(membership) == Texts{"~a"});
  CHECK(node(a).vacant);
  CHECK_FALSE(membership.NextExpiry());
  CHECK(membership.Answered(a, Identity("a", "i1")) == NodeState::kDown);  // it answers too late
  CHECK(node(a).vacant);
}

TEST_CASE_METHOD(Fixture, "a name that does not resolve is listed until it does") {
  const std::string reason = "cannot resolve worker: Name or service not known";
  CHECK(membership.NoteUnresolved("worker:9091", reason));
  CHECK_FALSE(membership.NoteUnresolved("worker:9091", reason));
  REQUIRE(membership.nodes().size() == 1);
  CHECK(state(0) == NodeState::kDown);
  CHECK(DescribeDownNodes(membership.nodes()) == "worker:9091: " + reason);
  Pass(1h);
  CHECK_FALSE(node(0).vacant);
  CHECK(membership.NoteResolved("worker:9091"));
  CHECK_FALSE(membership.NoteResolved("worker:9091"));
  CHECK(node(0).vacant);
  CHECK(membership.Add("10.0.0.1:9091") == 0);
}

TEST_CASE_METHOD(Fixture,
                 "a configured address is dropped by the last that added it, if it is down") {
  const int a = membership.Add("10.0.0.1:9091");
  membership.Add("10.0.0.1:9091");
  membership.Answered(a, Identity("a", "i1"));
  CHECK(membership.Drop(now, "10.0.0.1:9091"));
  CHECK_FALSE(membership.Drop(now, "10.0.0.1:9091"));  // it is up
  membership.Lost(a, "the connection was lost");
  membership.AttemptBegan(a);
  CHECK_FALSE(membership.Drop(now, "10.0.0.1:9091"));
  membership.AttemptEnded(now, a, Membership::AttemptEnd::kFailed, "lost");
  CHECK(membership.Drop(now, "10.0.0.1:9091"));
  CHECK(node(a).vacant);
  CHECK_FALSE(membership.FindConfigured("10.0.0.1:9091"));
}

TEST_CASE_METHOD(Fixture, "a node that is configured no more goes on if it is registered") {
  const int a = membership.Add("10.0.0.1:9091");
  Register("a", "i1");
  membership.Lost(a, "the connection was lost");
  SECTION("while it has a lease") {
    CHECK(membership.Drop(now, "10.0.0.1:9091"));
    CHECK_FALSE(membership.IsConfigured(a));
    membership.Answered(a, Identity("a", "i1"));
    CHECK(state(a) == NodeState::kUp);
  }
  SECTION("until it is forgotten, if it is dead") {
    Pass(1min);
    CHECK(membership.Drop(now, "10.0.0.1:9091"));
    Pass(10min - 1ms);
    CHECK_FALSE(node(a).vacant);
    Pass(1ms);
    CHECK(node(a).vacant);
  }
}

}  // namespace
}  // namespace mlp::coordinator
