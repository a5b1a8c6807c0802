// The address at which a node that registers can be dialled back, and the host that it calls from.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::coordinator {

// Returns the host of `peer`, a caller in gRPC's words: "10.0.0.1" or "[::1]"; empty if it is no
// network address.
std::string HostOf(std::string_view peer);

// Returns `address` as host:port. If it has no host (":9091"), the host is that of `peer`, the
// caller in gRPC's words: "ipv4:10.0.0.1:41234" or "ipv6:%5B::1%5D:41234". InvalidArgument, with
// the field "address", if there is no port from 1 to 65535 or no host, or if it is a Unix socket
// and the caller is not on this machine.
absl::StatusOr<std::string> AdvertisedAddress(std::string_view address, std::string_view peer);

}  // namespace mlp::coordinator
