#include "services/rpc/connections.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace mlp::rpc {
namespace {

// The port of a connected TCP socket's own end; -1 if it is something else.
int OwnPort(int descriptor) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  if (::getsockname(descriptor, address, &size) != 0) return -1;
  if (own.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&own)->sin_port);
  if (own.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&own)->sin6_port);
  return -1;
}

void CutIfOf(int port, int descriptor) {
  // The number may be closed, and mean another file, at any moment; a copy stays what it is.
  const int copy = ::dup(descriptor);
  if (copy < 0) return;
  if (OwnPort(copy) == port) ::shutdown(copy, SHUT_RDWR);
  ::close(copy);
}

}  // namespace

void CutConnections(int port) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir("/proc/self/fd"), &::closedir);
  if (open == nullptr) return;
  while (const dirent* entry = ::readdir(open.get())) {
    char* end = nullptr;
    const long descriptor = std::strtol(entry->d_name, &end, 10);
    if (*end == '\0' && descriptor > 2) CutIfOf(port, static_cast<int>(descriptor));
  }
}

}  // namespace mlp::rpc
