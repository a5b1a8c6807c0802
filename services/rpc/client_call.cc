#include "services/rpc/client_call.h"

#include <grpcpp/generic/generic_stub.h>

namespace mlp::rpc {

async::Task<absl::StatusOr<grpc::ByteBuffer>> CallWithStream(
    Loop& loop, std::shared_ptr<grpc::Channel> channel, std::string method, CallOptions options,
    std::function<std::optional<grpc::ByteBuffer>()> next, std::stop_token stop) {
  grpc::ClientContext context;
  internal::Apply(options, context);
  grpc::GenericStub stub(std::move(channel));
  const auto call = stub.PrepareCall(&context, method, loop.queue());
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  bool alive = co_await Completion([&](void* tag) { call->StartCall(tag); });
  while (alive) {
    const std::optional<grpc::ByteBuffer> request = next();
    if (!request) break;
    alive = co_await Completion([&](void* tag) { call->Write(*request, tag); });
  }
  // If the call is dead, its status says why.
  if (alive) alive = co_await Completion([&](void* tag) { call->WritesDone(tag); });
  grpc::ByteBuffer response;
  if (alive) alive = co_await Completion([&](void* tag) { call->Read(&response, tag); });
  grpc::Status status;
  co_await Completion([&](void* tag) { call->Finish(&status, tag); });
  if (!status.ok()) co_return FromGrpcStatus(status);
  co_return response;
}

}  // namespace mlp::rpc
