// Nodes' statements with made-up names and times, and a membership that hears them.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "services/coordinator/membership/membership.h"

namespace mlp::coordinator::test {

constexpr const char* kArithmetic = "mlp-1/fma3";

inline NodeHeartbeat From(const std::string& name, const std::string& instance,
                          const std::string& address = "10.0.0.1:9091") {
  NodeHeartbeat heartbeat;
  heartbeat.name = name;
  heartbeat.instance_id = instance;
  heartbeat.address = address;
  heartbeat.version = "0.1.0";
  heartbeat.arithmetic = kArithmetic;
  return heartbeat;
}

inline NodeIdentity Identity(const std::string& name, const std::string& instance) {
  NodeIdentity identity;
  identity.name = name;
  identity.instance_id = instance;
  identity.arithmetic = kArithmetic;
  return identity;
}

// Changes in short: "+a" joined, "-a" left, "!a" gone, "~a" forgotten.
inline std::vector<std::string> Changes(Membership& membership) {
  using What = NodeChange::What;
  std::vector<std::string> changes;
  for (const NodeChange& change : membership.TakeChanges()) {
    const char* sign = change.what == What::kJoined ? "+"
                       : change.what == What::kLeft ? "-"
                       : change.what == What::kGone ? "!"
                                                    : "~";
    changes.push_back(sign + change.name);
  }
  return changes;
}

struct Fixture {
  explicit Fixture(LeaseTerms terms = {}) : membership(kArithmetic, terms) {}

  Membership membership;
  Membership::TimePoint now{std::chrono::seconds(1000)};

  const NodeStatus& node(int number) const {
    return membership.nodes()[static_cast<std::size_t>(number)];
  }
  NodeState state(int number) const { return node(number).state; }
  // Passes time as the lease flow does: it looks whenever a lease expires.
  void Pass(std::chrono::nanoseconds time) {
    const auto end = now + time;
    while (membership.NextExpiry() && *membership.NextExpiry() <= end) {
      now = *membership.NextExpiry();
      membership.Expire(now);
    }
    now = end;
  }
  int Register(const std::string& name, const std::string& instance,
               const std::string& address = "10.0.0.1:9091") {
    const int number = membership.Heartbeat(now, From(name, instance, address)).value();
    membership.Answered(number, Identity(name, instance));
    return number;
  }
};

}  // namespace mlp::coordinator::test
