// Calls to other programs, awaited.
//
//   v1::GetNodeRequest request;
//   auto response = co_await CallUnary(loop, *stub, &v1::NodeService::Stub::PrepareAsyncGetNode,
//                                      request, options, stop);
//
// A call always ends before its task does. A stop that is requested cancels it; it then ends with
// CANCELLED, or with its result where that came first. `stub` and `request` must live until the
// task has ended. Loop thread only.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/async/task.h"
#include "services/rpc/completion.h"
#include "services/rpc/loop.h"
#include "services/rpc/status.h"

namespace mlp::rpc {

struct CallOptions {
  // From the start of the call; it ends with DEADLINE_EXCEEDED. Without one it may take for ever.
  std::optional<async::Duration> timeout = std::nullopt;
  // Waits for a connection instead of ending with UNAVAILABLE while there is none.
  bool wait_for_ready = false;
};

namespace internal {

inline void Apply(const CallOptions& options, grpc::ClientContext& context) {
  if (options.timeout) context.set_deadline(DeadlineAfter(*options.timeout));
  context.set_wait_for_ready(options.wait_for_ready);
}

// As generated: &Service::Stub::PrepareAsyncMethod.
template <class Stub, class Request, class Response>
using PrepareUnary = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(
    grpc::ClientContext*, const Request&, grpc::CompletionQueue*);
template <class Stub, class Request, class Response>
using PrepareStream = std::unique_ptr<grpc::ClientAsyncReader<Response>> (Stub::*)(
    grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

}  // namespace internal

// One request, one response.
template <class Stub, class Request, class Response>
async::Task<absl::StatusOr<Response>> CallUnary(
    Loop& loop, Stub& stub, internal::PrepareUnary<Stub, Request, Response> prepare,
    const Request& request, CallOptions options, std::stop_token stop) {
  grpc::ClientContext context;
  internal::Apply(options, context);
  const auto call = (stub.*prepare)(&context, request, loop.queue());
  call->StartCall();
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  Response response;
  grpc::Status status;
  co_await Completion([&](void* tag) { call->Finish(&response, &status, tag); });
  if (!status.ok()) co_return FromGrpcStatus(status);
  co_return std::move(response);
}

// One request, a stream of responses, each handed to `on_message` as it comes. The status that the
// stream ended with.
template <class Stub, class Request, class Response>
async::Task<absl::Status> CallStream(
    Loop& loop, Stub& stub, internal::PrepareStream<Stub, Request, Response> prepare,
    const Request& request, CallOptions options,
    std::type_identity_t<std::function<void(Response&&)>> on_message, std::stop_token stop) {
  grpc::ClientContext context;
  internal::Apply(options, context);
  const auto call = (stub.*prepare)(&context, request, loop.queue());
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  bool ok = co_await Completion([&](void* tag) { call->StartCall(tag); });
  while (ok) {
    Response message;
    ok = co_await Completion([&](void* tag) { call->Read(&message, tag); });
    if (ok) on_message(std::move(message));
  }
  grpc::Status status;
  co_await Completion([&](void* tag) { call->Finish(&status, tag); });
  co_return FromGrpcStatus(status);
}

}  // namespace mlp::rpc
