#include "test/programs/http2_stranger.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "test/support/tcp_relay.h"

namespace mlp::test {
namespace {

// Returns the lowest `bytes` bytes of a number, the highest first.
std::string BigEndian(std::uint32_t number, int bytes) {
  std::string text;
  for (int byte = bytes - 1; byte >= 0; --byte) {
    text += static_cast<char>(number >> (8 * byte) & 0xff);
  }
  return text;
}

// Returns a text behind its length, as HPACK writes it: an integer with a prefix of seven bits.
std::string Counted(std::string_view text) {
  constexpr std::size_t kPrefix = 127;
  std::string counted;
  if (text.size() < kPrefix) {
    counted += static_cast<char>(text.size());
  } else {
    counted += static_cast<char>(kPrefix);
    std::size_t rest = text.size() - kPrefix;
    for (; rest >= 128; rest /= 128) counted += static_cast<char>(rest % 128 + 128);
    counted += static_cast<char>(rest);
  }
  return counted.append(text);
}

}  // namespace

std::string Frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
  std::string frame = BigEndian(static_cast<std::uint32_t>(payload.size()), 3) +
                      BigEndian(static_cast<std::uint32_t>(type), 1) + BigEndian(flags, 1) +
                      BigEndian(stream, 4);
  return frame.append(payload);
}

std::string Preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(FrameType::kSettings, kNoFlags, 0, "");
}

std::string Header(std::string_view name, std::string_view value) {
  return BigEndian(0, 1) + Counted(name) + Counted(value);
}

std::string Call(std::uint32_t stream, std::string_view path) {
  return Frame(FrameType::kHeaders, kEndHeaders, stream,
               Header(":method", "POST") + Header(":scheme", "http") + Header(":path", path) +
                   Header(":authority", "localhost") + Header("te", "trailers") +
                   Header("content-type", "application/grpc"));
}

std::string LastRequest(std::uint32_t stream, const google::protobuf::Message& request) {
  const std::string text = request.SerializeAsString();
  const std::string not_compressed = BigEndian(0, 1);
  return Frame(FrameType::kData, kEndStream, stream,
               not_compressed + BigEndian(static_cast<std::uint32_t>(text.size()), 4) + text);
}

std::string Reset(std::uint32_t stream) {
  constexpr std::uint32_t kCancel = 8;
  return Frame(FrameType::kResetStream, kNoFlags, stream, BigEndian(kCancel, 4));
}

Stranger::Stranger(int port) : descriptor_(rpc::ConnectTo(port)) {
  if (descriptor_ < 0) throw std::runtime_error(absl::StrCat("no connection to port ", port));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

Stranger::~Stranger() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Stranger::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Stranger::Closed() {
  char ignored[4096];
  while (true) {
    const ssize_t got = recv(descriptor_, ignored, sizeof ignored, MSG_DONTWAIT);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return errno != EAGAIN;
  }
}

}  // namespace mlp::test
