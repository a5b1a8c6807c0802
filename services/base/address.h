// Addresses of servers, as users write them and gRPC takes them: HOST:PORT, [IPV6]:PORT, unix:PATH.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp {

struct Address {
  std::string host;  // name or address; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string path{};  // of a Unix socket, which has neither host nor port; else empty
  friend bool operator==(const Address&, const Address&) = default;
};

enum class AddressUse : std::uint8_t {
  kConnect,    // has a host, and a port from 1 on
  kListen,     // port 0 stands for any that is free
  kAdvertise,  // ":PORT" leaves the host to whoever is told the address
};

// Reads an address. InvalidArgument quotes `text`, says what is wrong and what to write instead: a
// scheme, blanks, a byte order mark, an IPv6 address without brackets and anything else that no
// host name has are refused. Any thread.
absl::StatusOr<Address> ParseAddress(std::string_view text, AddressUse use = AddressUse::kConnect);

// Returns the text of an address, with brackets around an IPv6 address.
std::string ToString(const Address& address);

}  // namespace mlp
