// The messages of nodes' heartbeats.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "mlp/v1/cluster.pb.h"
#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

// Reads a heartbeat; `peer` is the caller, as for AdvertisedAddress. InvalidArgument, with the
// field, if it has no valid address. Membership checks the limits.
absl::StatusOr<NodeHeartbeat> FromProto(const v1::HeartbeatRequest& request, std::string_view peer);

}  // namespace mlp::coordinator
