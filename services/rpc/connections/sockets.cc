#include "services/rpc/connections/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/address.h"

namespace mlp::rpc {
namespace {

constexpr int kBacklog = 4096;
constexpr int kGiveUpAfterMs = 10'000;                      // on a peer that acknowledges nothing
constexpr std::size_t kMostUnread = std::size_t{64} << 20;  // more than a socket's buffer may have

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  template <class Family>
  Family& as() {
    return reinterpret_cast<Family&>(storage);
  }
};

absl::Status CannotListen(const std::string& address, const std::string& why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", why));
}

bool IsWildcard(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr == INADDR_ANY;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_UNSPECIFIED(&v6) != 0;
}

void SetPort(SocketAddress& address, int port) {
  const auto number = htons(static_cast<std::uint16_t>(port));
  if (address.storage.ss_family == AF_INET) {
    address.as<sockaddr_in>().sin_port = number;
  } else {
    address.as<sockaddr_in6>().sin6_port = number;
  }
}

int PortOf(int descriptor) {
  SocketAddress address;
  address.size = sizeof address.storage;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  return ntohs(address.storage.ss_family == AF_INET ? address.as<sockaddr_in>().sin_port
                                                    : address.as<sockaddr_in6>().sin6_port);
}

// A wildcard becomes that of IPv6 first, whose socket takes IPv4 too, and stays itself for machines
// that have no IPv6.
std::vector<SocketAddress> AddressesOf(const addrinfo* found) {
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    if (IsWildcard(info->ai_addr) && addresses.empty()) {
      SocketAddress& both = addresses.emplace_back();
      both.as<sockaddr_in6>().sin6_family = AF_INET6;
      both.size = sizeof(sockaddr_in6);
    }
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
  }
  return addresses;
}

void SetOption(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

// Returns a socket that listens there, or the error, negative.
int Listening(const SocketAddress& address) {
  const int family = address.storage.ss_family;
  const int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (family == AF_UNIX) {
    fchmod(descriptor, S_IRUSR | S_IWUSR);  // Linux makes the file with the socket's own mode
  } else {
    SetOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    // Connections inherit both.
    SetOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    SetOption(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kGiveUpAfterMs);
  }
  if (family == AF_INET6) SetOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(descriptor, address.get(), address.size) != 0 || listen(descriptor, kBacklog) != 0) {
    const int error = errno;
    close(descriptor);
    return -error;
  }
  return descriptor;
}

// Listens at the addresses that can be had, at one port. Returns 0, or the error if there is none,
// or if the port is another program's at one of them: half of a host is no use.
int ListenAtAll(std::vector<SocketAddress> addresses, int port, ListeningSockets& sockets) {
  int error = EADDRNOTAVAIL;
  for (SocketAddress& address : addresses) {
    SetPort(address, sockets.port != 0 ? sockets.port : port);
    const int descriptor = Listening(address);
    if (descriptor == -EADDRINUSE) return EADDRINUSE;
    if (descriptor < 0) {
      error = -descriptor;
      continue;
    }
    sockets.descriptors.push_back(descriptor);
    sockets.port = PortOf(descriptor);
    if (IsWildcard(address.get())) break;
  }
  return sockets.descriptors.empty() ? error : 0;
}

absl::StatusOr<ListeningSockets> ListenAtHost(const Address& at) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(at.host.c_str(), nullptr, &hints, &found); error != 0) {
    return CannotListen(ToString(at), gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  ListeningSockets sockets;
  if (const int error = ListenAtAll(AddressesOf(found), at.port, sockets); error != 0) {
    for (const int descriptor : sockets.descriptors) close(descriptor);
    return CannotListen(ToString(at), SocketErrorText(error));
  }
  return sockets;
}

// Removes what a server that was killed has left: a socket's file that nobody listens at. Linux
// refuses a connection to any other file in the same way.
void RemoveAbandoned(const SocketAddress& address, const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return;
  if (connect(probe, address.get(), address.size) != 0 && errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
  close(probe);
}

absl::StatusOr<ListeningSockets> ListenAtFile(const std::string& path) {
  SocketAddress address;
  auto& name = address.as<sockaddr_un>();
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  address.size = sizeof name;
  RemoveAbandoned(address, path);
  const int descriptor = Listening(address);
  if (descriptor < 0) {
    return CannotListen(absl::StrCat("unix:", path), SocketErrorText(-descriptor));
  }
  return ListeningSockets{{descriptor}, 0, path};
}

template <class Binary>
std::string HostText(int family, const Binary& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, &address, text.data(), text.size());
  return text.data();
}

ConnectionLimiter::Origin V4Origin(const in_addr& address, std::uint16_t port) {
  const std::string host = HostText(AF_INET, address);
  return {absl::StrCat("ipv4:", host, ":", ntohs(port)), host};
}

// The peer is written as gRPC's ServerContext names it.
ConnectionLimiter::Origin V6Origin(const sockaddr_in6& from) {
  if (IN6_IS_ADDR_V4MAPPED(&from.sin6_addr)) {
    in_addr mapped{};
    std::memcpy(&mapped, &from.sin6_addr.s6_addr[12], sizeof mapped);
    return V4Origin(mapped, from.sin6_port);
  }
  const std::string zone = from.sin6_scope_id == 0 ? "" : absl::StrCat("%25", from.sin6_scope_id);
  in6_addr network = from.sin6_addr;
  std::fill_n(&network.s6_addr[8], 8, std::uint8_t{0});
  return {absl::StrCat("ipv6:%5B", HostText(AF_INET6, from.sin6_addr), zone,
                       "%5D:", ntohs(from.sin6_port)),
          HostText(AF_INET6, network)};
}

// What the kernel's tcp_info begins with: glibc's ends before the numbers of bytes.
struct TcpInfo {
  std::array<std::uint8_t, 8> flags;
  std::array<std::uint32_t, 24> numbers;
  std::uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
};

// Takes what has arrived out of the socket's buffer.
void Discard(int descriptor) {
  std::array<char, 65'536> ignored;
  for (std::size_t left = kMostUnread; left > 0;) {
    const ssize_t got = recv(descriptor, ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    left -= std::min(left, static_cast<std::size_t>(got));
  }
}

void AppendFrame(std::string& to, char type, const std::string& payload) {
  to += {'\0', '\0', static_cast<char>(payload.size()), type, '\0', '\0', '\0', '\0', '\0'};
  to += payload;
}

}  // namespace

absl::StatusOr<ListeningSockets> ListenAt(const std::string& address) {
  const absl::StatusOr<Address> at = ParseAddress(address, AddressUse::kListen);
  if (!at.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot listen on ", at.status().message()));
  }
  return at->path.empty() ? ListenAtHost(*at) : ListenAtFile(at->path);
}

std::optional<ConnectionLimiter::Id> IdOf(int descriptor) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return std::nullopt;
  return cookie;
}

std::optional<ConnectionLimiter::Origin> OriginOf(int descriptor) {
  SocketAddress from;
  from.size = sizeof from.storage;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&from.storage), &from.size) != 0) {
    return std::nullopt;
  }
  if (from.storage.ss_family == AF_INET) {
    return V4Origin(from.as<sockaddr_in>().sin_addr, from.as<sockaddr_in>().sin_port);
  }
  if (from.storage.ss_family == AF_INET6) return V6Origin(from.as<sockaddr_in6>());
  return ConnectionLimiter::Origin{"", "a socket file"};
}

std::uint64_t BytesRead(int descriptor) {
  int unread = 0;
  TcpInfo info{};
  socklen_t size = sizeof info;
  if (ioctl(descriptor, FIONREAD, &unread) != 0 ||
      getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return 0;
  }
  return info.bytes_received - std::min(info.bytes_received, static_cast<std::uint64_t>(unread));
}

// Empty SETTINGS, and GOAWAY with ENHANCE_YOUR_CALM (RFC 9113, 6.8).
void Refuse(int descriptor, std::string_view reason) {
  std::string frames;
  AppendFrame(frames, 0x4, "");
  AppendFrame(frames, 0x7,
              std::string{'\0', '\0', '\0', '\0', '\0', '\0', '\0', 0xb} + std::string(reason));
  send(descriptor, frames.data(), frames.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(descriptor, SHUT_WR);
  close(descriptor);
}

// Works on a copy, which cannot become another connection's between the look and the shutdown.
void Disconnect(int descriptor, ConnectionLimiter::Id id) {
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  const int target = copy >= 0 ? copy : descriptor;
  if (IdOf(target) == id) {
    shutdown(target, SHUT_RDWR);
    Discard(target);
  }
  if (copy >= 0) close(copy);
}

std::string SocketErrorText(int error) {
  switch (error) {
    case EADDRINUSE:
      return "it is taken; is another program using it?";
    case EADDRNOTAVAIL:
      return "this machine has no such address";
    case EACCES:
      return "this user may not";
    case EMFILE:
    case ENFILE:
      return "there are no file descriptors left; raise the limit (ulimit -n)";
    default:
      return std::strerror(error);
  }
}

}  // namespace mlp::rpc
