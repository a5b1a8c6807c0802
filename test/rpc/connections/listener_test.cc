#include "services/rpc/connections/listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/rpc/test_server.h"
#include "test/support/http2_frames.h"
#include "test/support/no_descriptors.h"
#include "test/support/scratch.h"

namespace mlp::rpc {
namespace {

using Catch::Contains;

// A connection of somebody who says nothing.
class Stranger {
 public:
  explicit Stranger(int port) : Stranger() { Connect(port); }
  // Connects later.
  Stranger() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Stranger(const Stranger&) = delete;
  Stranger(Stranger&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Stranger() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  bool Connect(int port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  void Send(const std::string& bytes) const {
    CHECK(send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
  }
  // Sends the bytes again and again; true if the server closes the connection meanwhile.
  bool SendUntilClosed(const std::string& bytes, int times) const {
    for (int i = 0; i < times; ++i) {
      std::string_view left = bytes;
      while (!left.empty()) {
        const ssize_t sent = send(descriptor_, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) return true;
        left.remove_prefix(static_cast<std::size_t>(sent));
      }
    }
    return false;
  }
  // Waits until the server has closed the connection, and returns what it sent before.
  std::string ReadToEnd() const {
    std::string all;
    char buffer[4096];
    while (true) {
      pollfd readable{descriptor_, POLLIN, 0};
      if (poll(&readable, 1, 30'000) != 1) return "still open";
      const ssize_t got = read(descriptor_, buffer, sizeof buffer);
      if (got <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
    }
  }

 private:
  int descriptor_;
};

ConnectionLimits Few(std::size_t connections, std::size_t each) {
  ConnectionLimits limits;
  limits.connections = connections;
  limits.connections_each = each;
  return limits;
}

TEST_CASE("a client is answered while strangers hold all connections that there may be") {
  TestServer server("127.0.0.1:0", Few(8, 8));
  std::vector<Stranger> strangers;
  for (int i = 0; i < 40; ++i) strangers.emplace_back(server.server().port());
  CHECK(IsAlive(server.address()));
  CHECK_THAT(strangers.front().ReadToEnd(), !Contains("still open"));
}

TEST_CASE("a client that there is no room for learns why, and finds room when another has left") {
  TestServer server("127.0.0.1:0", Few(1, 1));
  absl::Status second;
  {
    TestClient first(server.address());
    absl::Status status;
    first.Run(CheckAlive(first, status));
    CHECK(status.ToString() == "OK");
    TestClient other(server.address());
    other.Run(CheckAlive(other, second));
  }
  CHECK(second.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(second.message()), Contains("try again later"));
  bool alive = false;  // the server learns in its own time that the first one has left
  for (int i = 0; i < 10'000 && !alive; ++i) alive = IsAlive(server.address());
  CHECK(alive);
}

TEST_CASE("a connection that makes no call is closed in time") {
  ConnectionLimits limits = Few(8, 8);
  limits.first_call = std::chrono::milliseconds(1);
  TestServer server("127.0.0.1:0", limits);
  const Stranger stranger(server.server().port());
  CHECK_THAT(stranger.ReadToEnd(), !Contains("still open"));
}

TEST_CASE("a connection that resets one call after the other is closed, others are served") {
  for (const std::string method : {"/mlp.v1.JobService/GetJob", "/mlp.v1.JobService/NoSuchCall"}) {
    ConnectionLimits limits = Few(8, 8);
    limits.abandoned_calls = 20;
    TestServer server("127.0.0.1:0", limits);
    const Stranger stranger(server.server().port());
    std::string calls = test::http2::Preface();
    for (std::uint32_t stream = 1; stream < 2000; stream += 2) {
      calls += test::http2::Call(stream, method) + test::http2::Reset(stream);
    }
    stranger.Send(calls);
    CHECK_THAT(stranger.ReadToEnd(), !Contains("still open"));
    CHECK(IsAlive(server.address()));
  }
}

TEST_CASE("a connection whose bytes keep the server busy is closed, with what it sent") {
  TestServer server;
  const Stranger stranger(server.server().port());
  stranger.Send(test::http2::Preface());
  const std::string settings =
      test::http2::Frame(test::http2::FrameType::kSettings, test::http2::kNoFlags, 0, "");
  std::string many;
  while (many.size() < std::size_t{1} << 20) many += settings;
  // More than any machine reads in the time in which it must be found out.
  CHECK(stranger.SendUntilClosed(many, 20'000));
  CHECK(IsAlive(server.address()));
}

TEST_CASE("a server that had no descriptors to accept with serves when there are some again") {
  TestServer server;
  const std::vector<Stranger> strangers(3);
  {
    const test::NoDescriptors but_one(1);
    for (const Stranger& stranger : strangers) CHECK(stranger.Connect(server.server().port()));
    CHECK_THAT(strangers[1].ReadToEnd(), Contains("try again later"));
    CHECK_THAT(strangers[2].ReadToEnd(), Contains("try again later"));
  }
  CHECK(IsAlive(server.address()));
}

TEST_CASE("a server listens at a socket file, which nobody else may use and which goes with it") {
  const test::Scratch scratch;
  const std::filesystem::path path = scratch.path() / "socket";
  {
    TestServer server("unix:" + path.string());
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(IsAlive("unix:" + path.string()));
    CHECK(Listener::Bind("unix:" + path.string(), Few(1, 1)).status().code() ==
          absl::StatusCode::kUnavailable);
    CHECK(IsAlive("unix:" + path.string()));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket file that a killed server left is taken over") {
  const test::Scratch scratch;
  const std::string path = (scratch.path() / "socket").string();
  auto sockets = ListenAt("unix:" + path);
  REQUIRE(sockets.ok());
  for (const int descriptor : sockets->descriptors) close(descriptor);
  REQUIRE(std::filesystem::exists(path));
  TestServer server("unix:" + path);
  CHECK(IsAlive("unix:" + path));
}

TEST_CASE("a file that is no socket is not removed") {
  const test::Scratch scratch;
  const std::filesystem::path path = scratch.path() / "file";
  scratch.Write("file", "mine");
  CHECK(ListenAt("unix:" + path.string()).status().code() == absl::StatusCode::kUnavailable);
  CHECK(std::filesystem::is_regular_file(path));
}

TEST_CASE("a wildcard of either family serves clients of both") {
  for (const std::string host : {"0.0.0.0", "[::]"}) {
    TestServer server(host + ":0");
    const std::string port = std::to_string(server.server().port());
    CHECK(IsAlive("127.0.0.1:" + port));
    CHECK(IsAlive("[::1]:" + port));
  }
}

}  // namespace
}  // namespace mlp::rpc
