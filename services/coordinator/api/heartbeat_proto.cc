#include "services/coordinator/api/heartbeat_proto.h"

#include <utility>

#include "services/coordinator/api/advertised_address.h"

namespace mlp::coordinator {

absl::StatusOr<NodeHeartbeat> FromProto(const v1::HeartbeatRequest& request,
                                        std::string_view peer) {
  absl::StatusOr<std::string> address = AdvertisedAddress(request.address(), peer);
  if (!address.ok()) return address.status();
  NodeHeartbeat heartbeat;
  heartbeat.name = request.name();
  heartbeat.instance_id = request.instance_id();
  heartbeat.address = *std::move(address);
  heartbeat.protocol = request.protocol();
  heartbeat.version = request.version();
  heartbeat.arithmetic = request.arithmetic();
  heartbeat.draining = request.draining();
  heartbeat.leaving = request.leaving();
  heartbeat.host = HostOf(peer);
  return heartbeat;
}

}  // namespace mlp::coordinator
