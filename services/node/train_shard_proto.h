// TrainShard's messages: requests checked field by field, events as they travel. Takes time in
// proportion to the parameters: for worker threads. Re-entrant.
#pragma once

#include <chrono>
#include <cstddef>

#include "absl/status/statusor.h"
#include "mlp/v1/node.pb.h"
#include "services/node/run/task.h"

namespace mlp::node {

// InvalidArgument names the field at fault and what it must be. The parameters are null where the
// request only refers to them.
absl::StatusOr<TaskRequest> FromProto(const v1::TrainShardRequest& request);
// Gives the task what its request refers to. InvalidArgument where it is of another shape or
// precision.
absl::Status Refer(TaskRequest& task, const v1::TrainShardRequest& request,
                   std::shared_ptr<const Parameters> parameters);

v1::TrainShardEvent AcceptedEvent(std::size_t queued_behind);
v1::TrainShardEvent StartedEvent(std::chrono::nanoseconds queued_for,
                                 std::chrono::nanoseconds held_up_for);
v1::TrainShardEvent RejectedEvent(Rejection rejection);
v1::TrainShardEvent ParametersUnknownEvent();
// `rows_source` is the shard's file. A gradient that does not travel whole is left out.
v1::TrainShardEvent FinishedEvent(const TaskResult& result, std::string_view rows_source);

}  // namespace mlp::node
