#include "tcp_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace mlp::rpc {
namespace {

constexpr int kPollMilliseconds = 20;  // until a freeze or the end is noticed

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// False where the connection has ended.
bool PassOn(int from, int to) {
  char buffer[65536];
  const ssize_t size = recv(from, buffer, sizeof buffer, 0);
  return size > 0 && send(to, buffer, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

bool Readable(int fd) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&wanted, 1, kPollMilliseconds) > 0;
}

}  // namespace

int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

TcpRelay::TcpRelay(int target_port)
    : target_port_(target_port), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof address;
  bind(listener_, reinterpret_cast<const sockaddr*>(&address), length);
  listen(listener_, 1);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Relay(); });
}

TcpRelay::~TcpRelay() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

void TcpRelay::Relay() {
  while (!Readable(listener_)) {
    if (stopping_) return;
  }
  const int client = accept(listener_, nullptr, nullptr);
  const int server = ConnectTo(target_port_);
  bool open = server >= 0;
  while (open && !stopping_) {
    pollfd wanted[] = {{.fd = client, .events = POLLIN, .revents = 0},
                       {.fd = server, .events = POLLIN, .revents = 0}};
    poll(wanted, frozen_ ? 0 : 2, kPollMilliseconds);
    if (wanted[0].revents != 0) open = PassOn(client, server);
    if (open && wanted[1].revents != 0) open = PassOn(server, client);
  }
  close(client);
  if (server >= 0) close(server);
}

}  // namespace mlp::rpc
