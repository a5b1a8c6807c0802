// Fuzzes what nodes tell the coordinator about themselves: heartbeats, in any order with all else
// that changes the list of nodes.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "fuzz/check.h"
#include "fuzz/mutate_message.h"
#include "membership.pb.h"
#include "services/coordinator/api/heartbeat_proto.h"
#include "services/coordinator/membership/membership.h"

namespace mlp::coordinator {
namespace {

using fuzz::Check;
using Step = fuzz::Membership::Step;

constexpr char kPeer[] = "ipv4:10.0.0.1:41234";

class Runner {
 public:
  void Run(const Step& step) {
    now_ += std::chrono::milliseconds(step.wait_ms());
    members_.Expire(now_);
    Take(step);
    CheckList();
    CheckChanges();
  }

 private:
  void Take(const Step& step) {
    switch (step.what_case()) {
      case Step::kHeartbeat:
        return Beat(step.heartbeat());
      case Step::kAnswer:
        return Answer(step.answer());
      case Step::kLostNode:
        if (!members_.nodes().empty()) members_.Lost(NodeOf(step.lost_node()), "connection reset");
        return;
      case Step::kDrain:
        (void)members_.Drain(step.drain());
        return;
      case Step::kUndrain:
        (void)members_.Undrain(step.undrain());
        return;
      case Step::kAddAddress:
        members_.Add(step.add_address());
        return;
      case Step::kDropAddress:
        (void)members_.Drop(now_, step.drop_address());
        return;
      case Step::kRemove:
        (void)members_.Remove(step.remove());
        return;
      case Step::kUnresolved:
        members_.NoteUnresolved(step.unresolved(), "cannot resolve it");
        return;
      case Step::kResolved:
        members_.NoteResolved(step.resolved());
        return;
      case Step::WHAT_NOT_SET:
        return;
    }
  }

  void Beat(const v1::HeartbeatRequest& request) {
    const auto heartbeat = FromProto(request, kPeer);
    if (!heartbeat.ok()) {
      return Check(absl::IsInvalidArgument(heartbeat.status()), "a bad address: INVALID_ARGUMENT");
    }
    Check(heartbeat->address.find(':') != std::string::npos, "an address has a port");
    const auto node = members_.Heartbeat(now_, *heartbeat);
    if (!node.ok()) return;
    const NodeStatus& status = members_.nodes().at(static_cast<std::size_t>(*node));
    Check(status.name == request.name() || request.leaving(), "the node has the name it asked for");
    Check(std::ranges::none_of(status.name, absl::ascii_iscntrl), "names can be shown");
    Check(request.leaving() != status.lease_end.has_value(), "a lease, unless it leaves");
  }

  void Answer(const fuzz::Membership::Answer& answer) {
    if (members_.nodes().empty()) return;
    NodeIdentity identity;
    identity.name = answer.name();
    identity.instance_id = answer.instance_id();
    identity.arithmetic = "a";
    identity.draining = answer.draining();
    members_.Answered(NodeOf(answer.node()), identity);
  }

  int NodeOf(std::uint32_t number) const {
    return static_cast<int>(number % members_.nodes().size());
  }

  void CheckList() const {
    std::set<std::string> names;
    bool any_expiry = false;
    for (std::size_t number = 0; number < members_.nodes().size(); ++number) {
      const NodeStatus& node = members_.nodes()[number];
      const bool is_dead = node.registered && !node.lease_end;
      any_expiry |= node.lease_end || (is_dead && !members_.IsConfigured(static_cast<int>(number)));
      if (node.registered) Check(names.insert(node.name).second, "registered names differ");
      Check(!node.lease_end || (node.registered && *node.lease_end > now_), "leases are to come");
      Check(node.state == NodeState::kUp || !node.detail.empty(), "a node that is not up has why");
      Check(!node.vacant || node.name.empty(), "nothing is left of a node that is forgotten");
    }
    Check(members_.NextExpiry().has_value() == any_expiry,
          "a wakeup while there is a lease, or a node to forget");
    Check(!any_expiry || *members_.NextExpiry() > now_, "no wakeup is late");
  }

  void CheckChanges() {
    for (const NodeChange& change : members_.TakeChanges()) {
      if (change.what == NodeChange::What::kJoined) {
        Check(up_.insert(change.node).second, "a node joins once");
      } else if (change.what == NodeChange::What::kLeft) {
        Check(up_.erase(change.node) == 1, "a node leaves once");
      }
    }
    for (std::size_t node = 0; node < members_.nodes().size(); ++node) {
      const bool is_up = members_.nodes()[node].state == NodeState::kUp;
      Check(up_.contains(static_cast<int>(node)) == is_up, "changes tell who is up");
    }
  }

  Membership members_{"a"};
  Membership::TimePoint now_{std::chrono::hours(24)};
  std::set<int> up_;
};

}  // namespace
}  // namespace mlp::coordinator

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::fuzz::Membership story;
  if (!story.ParseFromArray(data, static_cast<int>(size))) return 0;
  mlp::coordinator::Runner runner;
  for (const auto& step : story.steps()) runner.Run(step);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::fuzz::Membership story;
  return mlp::fuzz::MutateMessage(story, data, size, max_size, seed);
}
