// Why no node is up, in words.
#pragma once

#include <string>
#include <vector>

#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

// Says why no node is up: "node-a (10.0.0.1:9091): connection refused; …", for the first few nodes,
// or that there is none.
std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes);

}  // namespace mlp::coordinator
