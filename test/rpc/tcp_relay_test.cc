#include "test/support/tcp_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace mlp::rpc {
namespace {

using namespace std::chrono_literals;
using Mode = TcpRelay::Mode;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  // Sends `text`; the receiving end shows whether that worked.
  void Send(const std::string& text) { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  bool Silent() {
    pollfd wanted{fd_, POLLIN, 0};
    return poll(&wanted, 1, 50) == 0;
  }
  // Returns so many bytes, or what comes instead: "end" or "reset".
  std::string Receive(std::size_t size) {
    std::string text(size, '\0');
    const ssize_t count = recv(fd_, text.data(), size, MSG_WAITALL);
    if (count < 0) return errno == ECONNRESET ? "reset" : "error";
    return count == 0 ? "end" : text.substr(0, static_cast<std::size_t>(count));
  }

 private:
  int fd_;
};

// A server behind a relay.
class RelayFixture {
 public:
  struct Connection {
    Socket client;
    Socket server;
  };
  Connection Connect() {
    Socket client(ConnectTo(relay.port()));
    return {std::move(client), Accept()};
  }
  Socket Accept() { return Socket(accept(listener_.fd(), nullptr, nullptr)); }

 private:
  static int Listen(int fd) {
    listen(fd, 1);  // binds a port that the system chooses
    return fd;
  }
  static int PortOf(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  Socket listener_{Listen(socket(AF_INET, SOCK_STREAM, 0))};

 protected:
  TcpRelay relay{PortOf(listener_.fd())};
};

TEST_CASE_METHOD(RelayFixture, "a relay passes every connection on, both ways and to its end") {
  Connection first = Connect();
  Connection second = Connect();
  const std::string much(3'000'000, 'x');
  std::jthread sending([&] { second.server.Send(much); });
  first.client.Send("ask");
  CHECK(first.server.Receive(3) == "ask");
  CHECK(second.client.Receive(much.size()) == much);
  shutdown(first.client.fd(), SHUT_WR);
  CHECK(first.server.Receive(1) == "end");
  first.server.Send("answer");
  CHECK(first.client.Receive(6) == "answer");
}

TEST_CASE_METHOD(RelayFixture, "a relay that is half-open is silent until it passes again") {
  Connection old = Connect();
  relay.Set(Mode::kHalfOpen);
  old.client.Send("old");
  Socket late(ConnectTo(relay.port()));
  late.Send("new");
  CHECK(old.server.Silent());
  relay.Set(Mode::kPass);
  CHECK(old.server.Receive(3) == "old");
  CHECK(Accept().Receive(3) == "new");
}

TEST_CASE_METHOD(RelayFixture,
                 "a relay that delays passes bytes on whole and not before their time") {
  Connection connection = Connect();
  relay.Set(Mode::kDelay, 50ms);
  const auto begin = std::chrono::steady_clock::now();
  connection.client.Send("late");
  CHECK(connection.server.Receive(1) == "l");
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
  relay.Set(Mode::kPass);
  connection.client.Send(", whole");
  CHECK(connection.server.Receive(10) == "ate, whole");
}

TEST_CASE_METHOD(RelayFixture, "a relay that refuses resets what is open and what comes") {
  Connection connection = Connect();
  relay.Set(Mode::kRefuse);
  CHECK(connection.client.Receive(1) == "reset");
  CHECK(connection.server.Receive(1) == "reset");
  CHECK(Socket(ConnectTo(relay.port())).Receive(1) == "reset");
}

TEST_CASE_METHOD(RelayFixture, "a relay can reset a connection in the middle of a message") {
  Connection connection = Connect();
  relay.Set(Mode::kReset);
  connection.client.Send("first half, second half");
  CHECK(connection.server.Receive(100) == "first half,");
  CHECK(connection.server.Receive(1) == "reset");
  CHECK(connection.client.Receive(1) == "reset");
}

TEST_CASE("a relay resets a connection where nobody listens behind it") {
  int port = 0;
  { port = TcpRelay(1).port(); }
  TcpRelay relay(port);
  CHECK(Socket(ConnectTo(relay.port())).Receive(1) == "reset");
}

}  // namespace
}  // namespace mlp::rpc
