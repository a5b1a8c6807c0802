#include "services/rpc/byte_buffer.h"

#include <utility>

namespace mlp::rpc {

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  const auto free = [](void* string) { delete static_cast<std::string*>(string); };
  const grpc::Slice slice(owned->data(), owned->size(), free, owned);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace mlp::rpc
