#include "services/coordinator/membership/down_nodes.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxDescribed = 8;

void Describe(std::string& text, const NodeStatus& node) {
  absl::StrAppend(&text, text.empty() ? "" : "; ", node.name,
                  node.name == node.address ? "" : absl::StrCat(" (", node.address, ")"), ": ",
                  node.detail);
}

}  // namespace

std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes) {
  std::string text;
  std::size_t known = 0;
  for (const NodeStatus& node : nodes) {
    if (node.vacant) continue;
    if (known < kMaxDescribed) Describe(text, node);
    ++known;
  }
  if (known == 0)
    return "no node is configured or has registered (--nodes, mlp-node --coordinator)";
  if (known > kMaxDescribed) {
    absl::StrAppend(&text, "; and ", known - kMaxDescribed, " more (mlp-client nodes)");
  }
  return text;
}

}  // namespace mlp::coordinator
