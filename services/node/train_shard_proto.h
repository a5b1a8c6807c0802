// TrainShard's messages: requests checked field by field, events as they travel. Takes time in
// proportion to the parameters: for worker threads. Re-entrant.
#pragma once

#include <chrono>
#include <cstddef>

#include "absl/status/statusor.h"
#include "mlp/v1/node.pb.h"
#include "services/node/task.h"

namespace mlp::node {

// InvalidArgument names the field at fault and what it must be.
absl::StatusOr<TaskRequest> FromProto(const v1::TrainShardRequest& request);

v1::TrainShardEvent AcceptedEvent(std::size_t queued_behind);
v1::TrainShardEvent StartedEvent(std::chrono::nanoseconds queued_for,
                                 std::chrono::nanoseconds held_up_for);
v1::TrainShardEvent RejectedEvent(Rejection rejection);
// `rows_source` is the shard's file.
v1::TrainShardEvent FinishedEvent(const TaskResult& result, std::string_view rows_source);

}  // namespace mlp::node
