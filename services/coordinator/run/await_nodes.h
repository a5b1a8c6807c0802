// The first step of a job after a restart of the coordinator: it lets its nodes come back.
#pragma once

#include <chrono>
#include <stop_token>

#include "services/async/task.h"
#include "services/coordinator/run/job_world.h"

namespace mlp::coordinator {

// Nodes register within little more than a second of a coordinator's start, whatever their
// heartbeat.
inline constexpr std::chrono::milliseconds kNodesReturn{1500};

// Waits until as many nodes are up as the job had, for kNodesReturn at most, or until `stop`. The
// nodes may have results of the open round that the store lacks; a shard that went to the first
// node that is back would be trained again for nothing. The records say what it waits for.
async::Task<> AwaitNodes(JobWorld world, const Job& job, std::stop_token stop);

}  // namespace mlp::coordinator
