#include "test/programs/http2_stranger.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "test/support/tcp_relay.h"

namespace mlp::test {

std::string LastRequest(std::uint32_t stream, const google::protobuf::Message& request) {
  const std::string text = request.SerializeAsString();
  const std::string not_compressed = http2::BigEndian(0, 1);
  return http2::Frame(
      http2::FrameType::kData, http2::kEndStream, stream,
      absl::StrCat(not_compressed, http2::BigEndian(static_cast<std::uint32_t>(text.size()), 4),
                   text));
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
