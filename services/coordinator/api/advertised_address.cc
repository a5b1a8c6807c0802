#include "services/coordinator/api/advertised_address.h"

#include "absl/strings/str_replace.h"
#include "services/base/address.h"
#include "services/base/field_error.h"

namespace mlp::coordinator {

std::string HostOf(std::string_view peer) {
  const bool network = peer.starts_with("ipv4:") || peer.starts_with("ipv6:");
  const std::size_t port = peer.rfind(':');
  if (!network || port < 5) return "";
  const std::string host(peer.substr(5, port - 5));
  return absl::StrReplaceAll(host, {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}, {"%25", "%"}});
}

absl::StatusOr<std::string> AdvertisedAddress(std::string_view address, std::string_view peer) {
  auto parsed = ParseAddress(address, AddressUse::kAdvertise);
  if (!parsed.ok()) return AtField("address", parsed.status());
  if (!parsed->path.empty() && !peer.starts_with("unix:")) {
    return FieldError("address", "a Unix socket is on this machine only; give HOST:PORT");
  }
  if (parsed->path.empty() && parsed->host.empty()) {
    parsed->host = HostOf(peer);
    if (parsed->host.empty()) {
      return FieldError("address",
                        "has no host, and the call does not come from a network "
                        "address; give the node --advertise HOST:PORT");
    }
  }
  return ToString(*parsed);
}

}  // namespace mlp::coordinator
