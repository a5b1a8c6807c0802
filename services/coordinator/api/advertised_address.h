// Where a node that registers can be dialled back.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::coordinator {

// `address` as host:port. Where its host is empty (":9091"), that is the host of `peer`, which is
// where the call came from as gRPC says it: "ipv4:10.0.0.1:41234" or "ipv6:%5B::1%5D:41234".
// InvalidArgument, with the field "address", where there is no port from 1 to 65535 or no host.
absl::StatusOr<std::string> AdvertisedAddress(std::string_view address, std::string_view peer);

}  // namespace mlp::coordinator
