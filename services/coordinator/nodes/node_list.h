// The static list of nodes: from `--nodes host:port,…` or from a file of `host,port` lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/base/address.h"

namespace mlp::coordinator {

// Reads "host:port,host:port", with blanks around an entry or without. InvalidArgument names the
// entry.
absl::StatusOr<std::vector<Address>> ParseNodeList(std::string_view text);

// Reads lines of "host,port"; skips blank lines, blanks around a host or a port, and comments after
// a '#'. InvalidArgument names `name`:line.
absl::StatusOr<std::vector<Address>> ParseNodeFile(std::string_view text, std::string_view name);

// Returns the addresses of a node's host as host:port, sorted, so that IPv4 ones come first. A Unix
// socket is its own address. Blocks, so call it on a worker. Unavailable if the name does not
// resolve.
absl::StatusOr<std::vector<std::string>> Resolve(const Address& node);

}  // namespace mlp::coordinator
