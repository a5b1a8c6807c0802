// Messages as bytes, for calls whose messages are encoded and decoded by hand: a server's requests,
// the answers of ServeEncodedStream, and what CallWithStream sends.
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"

namespace mlp::rpc {

// Takes the bytes over, without copying them.
grpc::ByteBuffer ToByteBuffer(std::string bytes);

// The same, followed by `more`, which is not copied: `keep_alive` keeps these bytes in memory.
grpc::ByteBuffer ToByteBuffer(std::string bytes, std::span<const std::byte> more,
                              std::shared_ptr<const void> keep_alive);

// InvalidArgument if the bytes are no such message.
template <class Message>
absl::StatusOr<Message> Parse(grpc::ByteBuffer bytes) {
  Message message;
  if (grpc::SerializationTraits<Message>::Deserialize(&bytes, &message).ok()) return message;
  return absl::InvalidArgumentError("the request is no " + message.GetTypeName());
}

}  // namespace mlp::rpc
