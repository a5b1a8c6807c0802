// Heartbeats of nodes as they travel.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "mlp/v1/cluster.pb.h"
#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

// `peer` is where the call came from, as AdvertisedAddress wants it. InvalidArgument, with the
// field, where the address is none. Limits are Membership's business.
absl::StatusOr<NodeHeartbeat> FromProto(const v1::HeartbeatRequest& request, std::string_view peer);

}  // namespace mlp::coordinator
