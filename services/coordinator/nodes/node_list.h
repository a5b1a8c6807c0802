// The static list of nodes: from `--nodes host:port,…` or from a file of `host,port` lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mlp::coordinator {

struct HostPort {
  std::string host;  // name or address; an IPv6 address without its brackets
  std::uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// Reads "host:port,host:port"; "[::1]:9091" for IPv6. InvalidArgument names the entry.
absl::StatusOr<std::vector<HostPort>> ParseNodeList(std::string_view text);

// Reads lines of "host,port"; skips blank lines and comments after a '#'. InvalidArgument names
// `name`:line.
absl::StatusOr<std::vector<HostPort>> ParseNodeFile(std::string_view text, std::string_view name);

// Returns "host:port", with brackets around an IPv6 address.
std::string ToString(const HostPort& node);

// Returns the addresses of a node's host as host:port, sorted, so that IPv4 ones come first.
// Blocks, so call it on a worker. Unavailable if the name does not resolve.
absl::StatusOr<std::vector<std::string>> Resolve(const HostPort& node);

}  // namespace mlp::coordinator
