#include "services/coordinator/api/advertised_address.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/base/field_error.h"
#include "services/coordinator/nodes/node_list.h"

namespace mlp::coordinator {

std::string HostOf(std::string_view peer) {
  const bool network = peer.starts_with("ipv4:") || peer.starts_with("ipv6:");
  const std::size_t port = peer.rfind(':');
  if (!network || port < 5) return "";
  const std::string host(peer.substr(5, port - 5));
  return absl::StrReplaceAll(host, {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
}

absl::StatusOr<std::string> AdvertisedAddress(std::string_view address, std::string_view peer) {
  std::string whole(address);
  if (address.starts_with(":")) {
    const std::string host = HostOf(peer);
    if (host.empty()) {
      return FieldError("address",
                        "has no host, and the call does not come from a network "
                        "address; give the node --advertise HOST:PORT");
    }
    whole = absl::StrCat(host, whole);
  }
  const auto parsed = ParseNodeList(whole);
  if (!parsed.ok() || parsed->size() != 1) {
    return FieldError("address",
                      absl::StrCat("\"", whole, "\" is not host:port with a port from 1 to 65535"));
  }
  return ToString(parsed->front());
}

}  // namespace mlp::coordinator
