// `mlp-client nodes`: the nodes that the coordinator knows.
#pragma once

#include "cli/client/output.h"
#include "cli/client/session.h"
#include "mlp/v1/cluster.pb.h"

namespace mlp::cli {

struct NodesCommand {};

int Run(const Session& session, const NodesCommand& command);

// One line a node, then in words why a node is not up and how its last attempt failed.
void PrintNodes(const Terminal& terminal, const v1::ListNodesResponse& list);

}  // namespace mlp::cli
