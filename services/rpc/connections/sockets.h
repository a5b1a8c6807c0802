// The sockets of a listener: binds them, and tells what connections are. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/rpc/connections/connection_limiter.h"

namespace mlp::rpc {

// Sockets that listen, and do not block. Whoever has them closes the descriptors and removes the
// file.
struct ListeningSockets {
  std::vector<int> descriptors;
  int port = 0;      // 0 for a socket file
  std::string file;  // empty: none
};

// Listens at HOST:PORT, at every address of the host; a wildcard of either family stands for both,
// and port 0 for any free one. Or at unix:PATH, a socket file that it makes for this user alone, in
// place of one that nobody listens at. InvalidArgument if `address` is neither, Unavailable, with
// the reason, if it cannot be had.
absl::StatusOr<ListeningSockets> ListenAt(const std::string& address);

// Returns what tells a connection from every other one that this machine has had since it started:
// the kernel's cookie of the socket. None if the descriptor is closed.
std::optional<ConnectionLimiter::Id> IdOf(int descriptor);
// Returns where a connection comes from; none if it has ended already.
std::optional<ConnectionLimiter::Origin> OriginOf(int descriptor);
// Returns the bytes that came over the connection since it began and were read from the socket; 0
// if it is not TCP.
std::uint64_t BytesRead(int descriptor);
// Sends the client of a new connection the frames of HTTP/2 that refuse it for `reason`, of 100
// bytes at most, without blocking, and closes it.
void Refuse(int descriptor, std::string_view reason);
// Ends a connection whose descriptor belongs to somebody else, who closes it and reads no more of
// what came over it, unless the descriptor is another connection's by now.
void Disconnect(int descriptor, ConnectionLimiter::Id id);

// Returns what an error of a socket's call means to a user.
std::string SocketErrorText(int error);

}  // namespace mlp::rpc
