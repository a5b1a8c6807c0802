// `mlp-client nodes`: the nodes that the coordinator knows.
#pragma once

#include "cli/session.h"

namespace mlp::cli {

struct NodesCommand {};

int Run(const Session& session, const NodesCommand& command);

}  // namespace mlp::cli
