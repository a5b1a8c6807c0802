// The commands on the nodes that the coordinator knows: list, drain, undrain and forget them.
#pragma once

#include <string>

#include "cli/client/output.h"
#include "cli/client/session.h"
#include "mlp/v1/cluster.pb.h"

namespace mlp::cli {

// `mlp-client nodes`: lists them.
struct NodesCommand {};

// `mlp-client drain NODE`: a node finishes what it has and gets nothing new.
struct DrainCommand {
  std::string node;
};

// `mlp-client undrain NODE`: a node that was drained gets work again.
struct UndrainCommand {
  std::string node;
};

// `mlp-client nodes rm NODE`: a node that is gone is not listed any more.
struct NodeRemoveCommand {
  std::string node;
};

int Run(const Session& session, const NodesCommand& command);
int Run(const Session& session, const DrainCommand& command);
int Run(const Session& session, const UndrainCommand& command);
int Run(const Session& session, const NodeRemoveCommand& command);

// Prints a row for each node, then why a node is not up and how its last attempt failed.
void PrintNodes(const Terminal& terminal, const v1::ListNodesResponse& list);

}  // namespace mlp::cli
