// Durations and points in time as they travel.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::wire {

google::protobuf::Duration ToProto(std::chrono::nanoseconds duration);
google::protobuf::Timestamp ToProto(std::chrono::sys_time<std::chrono::nanoseconds> time);

// Refuses durations that the protocol does not allow. InvalidArgument, blamed on `field`, if one is
// negative, its `nanos` are not 0 to 999,999,999, or it is beyond the 292 years that nanoseconds
// can count.
absl::StatusOr<std::chrono::nanoseconds> FromProto(const google::protobuf::Duration& duration,
                                                   std::string_view field);
// The same limits, from 1970 on.
absl::StatusOr<std::chrono::sys_time<std::chrono::nanoseconds>> FromProto(
    const google::protobuf::Timestamp& time, std::string_view field);

}  // namespace mlp::wire
