// Reads back a job's events from its log. job_proto.h writes them.
#pragma once

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"
#include "services/coordinator/job/job_event.h"

namespace mlp::coordinator {

// Limits that bound the memory of a reader who follows the events of a log that was edited.
inline constexpr int kMaxRecordedShards = 1'000'000;
inline constexpr int kMaxRecordedNodes = 1'000'000;
// The limit of each wait, so that no sum of times overflows.
inline constexpr std::chrono::nanoseconds kMaxRecordedWait = std::chrono::hours(1000);

// The reverse of ToProto. InvalidArgument, with the field, for anything that no coordinator writes:
// values out of range, enumeration values and policies that do not exist, events of an unknown
// kind.
absl::StatusOr<JobEvent> FromProto(const v1::JobEvent& proto);

}  // namespace mlp::coordinator
