// What the coordinator asks of a node and what the node answers, without a wire between: for
// simulations.
#pragma once

#include "services/coordinator/run/cluster.h"
#include "services/node/run/task.h"

namespace mlp::local {

node::TaskRequest RequestFrom(const coordinator::ShardTask& task);
coordinator::AttemptOutcome OutcomeFrom(node::TaskOutcome outcome);

}  // namespace mlp::local
