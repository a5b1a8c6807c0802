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

// "host:port,host:port"; "[::1]:9091" for IPv6. InvalidArgument names the entry.
absl::StatusOr<std::vector<HostPort>> ParseNodeList(std::string_view text);

// Lines of "host,port"; blank lines and what follows a '#' are passed over. InvalidArgument names
// `name`:line.
absl::StatusOr<std::vector<HostPort>> ParseNodeFile(std::string_view text, std::string_view name);

// "host:port", with brackets around an IPv6 address.
std::string ToString(const HostPort& node);

// The addresses of a node's host as host:port, sorted: IPv4 ones where there are any, so that a
// node is not listed twice. Blocks: call it on a worker. Unavailable where the name does not
// resolve.
absl::StatusOr<std::vector<std::string>> Resolve(const HostPort& node);

}  // namespace mlp::coordinator
