// Fuzzes what comes over a connection before it is a call: frames of HTTP/2, right and wrong, to a
// server that has a method of each kind. Whatever they were, it answers another client, and closes
// the connection once the client has nothing more to say.
//
// gRPC itself is not instrumented: its paths are found by the seeds and by mutations of whole
// frames.
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "frames.pb.h"
#include "fuzz/check.h"
#include "fuzz/frames_server.h"
#include "fuzz/mutate_message.h"
#include "test/support/http2_frames.h"

namespace mlp::fuzz {
namespace {

namespace http2 = test::http2;

constexpr std::size_t kMostBytes = std::size_t{256} << 10;
constexpr std::uint32_t kMostTimes = 1000;

class Connection {
 public:
  explicit Connection(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    Check(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
          "the server accepts");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(descriptor_); }

  // Sends the bytes, unless the server closes the connection before.
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return Check(errno != EAGAIN, "the server reads");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Says that no more comes, and waits until the server has closed the connection.
  void End() {
    shutdown(descriptor_, SHUT_WR);
    char ignored[4096];
    ssize_t got = 0;
    do {
      pollfd readable{descriptor_, POLLIN, 0};
      Check(poll(&readable, 1, 5000) == 1, "the server closes what is over");
      got = recv(descriptor_, ignored, sizeof ignored, 0);
    } while (got > 0);
  }

 private:
  const int descriptor_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

std::string Bytes(const Frames::Frame& frame, std::uint32_t higher) {
  std::string payload;
  for (const Frames::Header& header : frame.headers()) {
    payload += http2::Header(header.name(), header.value());
  }
  payload += frame.payload();
  const std::uint32_t stream = frame.stream() == 0 ? 0 : frame.stream() + higher;
  std::string bytes = http2::Frame(static_cast<http2::FrameType>(frame.type()),
                                   static_cast<std::uint8_t>(frame.flags()), stream, payload);
  if (frame.has_length()) bytes.replace(0, 3, http2::BigEndian(frame.length(), 3));
  return bytes;
}

std::string Bytes(const Frames& frames) {
  std::string bytes = frames.has_preface() ? frames.preface() : http2::Preface();
  const std::uint32_t times = std::clamp(frames.times(), 1U, kMostTimes);
  for (std::uint32_t time = 0; time < times && bytes.size() < kMostBytes; ++time) {
    for (const Frames::Frame& frame : frames.frames())
      bytes += Bytes(frame, time * frames.stride());
  }
  return bytes;
}

void Test(const Frames& frames) {
  static FramesServer server;
  Connection connection(server.path());
  connection.Send(Bytes(frames));
  Check(server.Answers(), "another client is answered");
  connection.End();
}

}  // namespace
}  // namespace mlp::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::fuzz::Frames frames;
  if (frames.ParseFromArray(data, static_cast<int>(size))) mlp::fuzz::Test(frames);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::fuzz::Frames frames;
  return mlp::fuzz::MutateMessage(frames, data, size, max_size, seed);
}
