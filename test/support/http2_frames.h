// Frames of HTTP/2 as bytes, for tests and fuzzers that send what no client of gRPC would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlp::test::http2 {

enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kContinuation = 9
};
enum FrameFlags : std::uint8_t { kNoFlags = 0, kEndStream = 1, kEndHeaders = 4 };

// The longest payload that a server takes that has not said otherwise.
inline constexpr std::size_t kMaxFramePayload = 16'384;

// Returns the lowest `bytes` bytes of a number, the highest first.
inline std::string BigEndian(std::uint32_t number, int bytes) {
  std::string text;
  for (int byte = bytes - 1; byte >= 0; --byte) {
    text += static_cast<char>(number >> (8 * byte) & 0xff);
  }
  return text;
}

// Returns a frame. `payload` has less than 2^24 bytes.
inline std::string Frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload) {
  std::string frame = BigEndian(static_cast<std::uint32_t>(payload.size()), 3) +
                      BigEndian(static_cast<std::uint32_t>(type), 1) + BigEndian(flags, 1) +
                      BigEndian(stream, 4);
  return frame.append(payload);
}

// Returns what a client's connection begins with, settings included.
inline std::string Preface() {
  std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  preface += Frame(FrameType::kSettings, kNoFlags, 0, "");
  return preface;
}

// Returns a text behind its length, as HPACK writes it: an integer with a prefix of seven bits.
inline std::string Counted(std::string_view text) {
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

// Returns a header as HPACK writes it without an index and without Huffman's code.
inline std::string Header(std::string_view name, std::string_view value) {
  return BigEndian(0, 1) + Counted(name) + Counted(value);
}

// Returns the frame with the headers of a call of the method at `path`, such as
// "/mlp.v1.JobService/ListJobs". Streams of a client have odd numbers, each higher than the last.
inline std::string Call(std::uint32_t stream, std::string_view path) {
  return Frame(FrameType::kHeaders, kEndHeaders, stream,
               Header(":method", "POST") + Header(":scheme", "http") + Header(":path", path) +
                   Header(":authority", "localhost") + Header("te", "trailers") +
                   Header("content-type", "application/grpc"));
}

// Returns the frame that cancels a call.
inline std::string Reset(std::uint32_t stream) {
  constexpr std::uint32_t kCancel = 8;
  return Frame(FrameType::kResetStream, kNoFlags, stream, BigEndian(kCancel, 4));
}

}  // namespace mlp::test::http2
