#include "services/rpc/byte_buffer.h"

#include <utility>

namespace mlp::rpc {

namespace {

grpc::Slice ToSlice(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  const auto free = [](void* string) { delete static_cast<std::string*>(string); };
  return grpc::Slice(owned->data(), owned->size(), free, owned);
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  const grpc::Slice slice = ToSlice(std::move(bytes));
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer ToByteBuffer(std::string bytes, std::span<const std::byte> more,
                              std::shared_ptr<const void> keep_alive) {
  using Owner = std::shared_ptr<const void>;
  auto* owner = new Owner(std::move(keep_alive));
  const auto free = [](void* shared) { delete static_cast<Owner*>(shared); };
  // gRPC never writes to a slice.
  auto* data = const_cast<std::byte*>(more.data());  // NOLINT(*-const-cast)
  const grpc::Slice slices[] = {ToSlice(std::move(bytes)),
                                grpc::Slice(data, more.size(), free, owner)};
  return grpc::ByteBuffer(slices, 2);
}

}  // namespace mlp::rpc
