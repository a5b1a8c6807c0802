// The messages of TrainShard, both directions beside each other: tasks, which are checked field by
// field as they come in, and the course of attempts. They take time in proportion to the
// parameters, so call them on worker threads. Re-entrant.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mlp/v1/node.pb.h"
#include "services/attempt/attempt_observer.h"
#include "services/attempt/attempt_outcome.h"
#include "services/attempt/reject_reason.h"
#include "services/attempt/train_task.h"

namespace mlp {
struct Trained;
}  // namespace mlp

namespace mlp::wire {

// ---- Tasks

enum class SendParameters : std::uint8_t {
  kWithTask,
  kBefore,  // the task refers to them by their digest
};
v1::TrainShardRequest ToProto(const TrainTask& task, SendParameters parameters);
// InvalidArgument names the field at fault and what it must be. The parameters' values are null if
// the request only refers to them.
absl::StatusOr<TrainTask> FromProto(const v1::TrainShardRequest& request);
// Gives the task the parameters that its request refers to. InvalidArgument if they are of another
// shape or precision.
absl::Status Refer(TrainTask& task, const v1::TrainShardRequest& request,
                   SharedParameters parameters);

// ---- The course of an attempt

v1::TrainShardEvent AcceptedEvent(int queued_behind);
v1::TrainShardEvent StartedEvent(std::chrono::nanoseconds queued_for,
                                 std::chrono::nanoseconds held_up_for);
// Tells `observer` that the task was accepted or started, if the event says so. An invalid time
// counts as 0.
void TellObserver(const v1::TrainShardEvent& event, AttemptObserver& observer);

v1::TrainShardEvent RejectedEvent(RejectReason reason);
v1::TrainShardEvent::Rejected::Reason ToProto(RejectReason reason);
// Returns kUnstated for a reason that this version does not know.
RejectReason FromProto(v1::TrainShardEvent::Rejected::Reason reason);

// `rows_source` is the shard's file. A gradient that does not travel whole is left out.
v1::TrainShardEvent FinishedEvent(const Trained& trained, std::string_view rows_source);
// All but the gradient, which is in the message only if it travels whole. InvalidArgument names the
// field at fault.
absl::StatusOr<Trained> FromProto(const v1::TrainShardEvent::Finished& finished);

}  // namespace mlp::wire
