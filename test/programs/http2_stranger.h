// A client that speaks HTTP/2 only as far as it wants to: it sends what it is told to, reads
// nothing that means anything to it, never opens a window, and answers no ping (so a server that
// pings gives it up in the end). One thread uses a Stranger.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "test/support/http2_frames.h"

namespace mlp::test {

// Returns the frame with the request of a call that has no further one.
std::string LastRequest(std::uint32_t stream, const google::protobuf::Message& request);

class Stranger {
 public:
  // Connects to 127.0.0.1:`port`. Throws if that fails.
  explicit Stranger(int port);
  Stranger(Stranger&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Stranger& operator=(Stranger&&) = delete;
  ~Stranger();

  // Sends the bytes. False if the server has closed the connection, or takes nothing for 10 s.
  bool Send(std::string_view bytes);
  // True if the server has closed the connection.
  bool Closed();

 private:
  int descriptor_;
};

}  // namespace mlp::test
