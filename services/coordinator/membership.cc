#include "services/coordinator/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mlp::coordinator {

int Membership::Add(const std::string& address) {
  const auto known = std::ranges::find(nodes_, address, &NodeStatus::address);
  if (known != nodes_.end()) return static_cast<int>(known - nodes_.begin());
  NodeStatus node;
  node.name = address;
  node.address = address;
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

NodeState Membership::Answered(int node, const NodeIdentity& identity) {
  NodeStatus& status = nodes_[Index(node)];
  status.name = identity.name;
  status.instance_id = identity.instance_id;
  status.load = identity.load;
  status.slots = identity.slots;
  status.state = NodeState::kRefused;
  const auto twin = std::ranges::find_if(nodes_, [&](const NodeStatus& other) {
    return &other != &status && other.state == NodeState::kUp &&
           other.instance_id == identity.instance_id;
  });
  if (identity.arithmetic != arithmetic_) {
    status.detail =
        absl::StrCat("its arithmetic is ", identity.arithmetic, ", this cluster's is ", arithmetic_,
                     ": equal results could not be promised; run the same build on the "
                     "same instruction set");
  } else if (twin != nodes_.end()) {
    status.detail = absl::StrCat("is the same process as the node at ", twin->address);
  } else {
    status.state = NodeState::kUp;
    status.detail.clear();
  }
  return status.state;
}

void Membership::Lost(int node, std::string reason) {
  NodeStatus& status = nodes_[Index(node)];
  status.state = NodeState::kDown;
  status.detail = std::move(reason);
}

void Membership::AttemptEnded(int node, AttemptEnd end) {
  NodeStatus& status = nodes_[Index(node)];
  --status.active_attempts;
  status.finished_attempts += end == AttemptEnd::kFinished;
  status.rejected_attempts += end == AttemptEnd::kRejected;
  status.failed_attempts += end == AttemptEnd::kFailed;
}

std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes) {
  if (nodes.empty()) return "no node is configured or found (--nodes, --nodes-file)";
  return absl::StrJoin(nodes, "; ", [](std::string* out, const NodeStatus& node) {
    absl::StrAppend(out, node.name,
                    node.name == node.address ? "" : absl::StrCat(" (", node.address, ")"), ": ",
                    node.detail);
  });
}

}  // namespace mlp::coordinator
