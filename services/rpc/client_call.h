// Calls to other programs, awaited.
//
//   v1::GetNodeRequest request;
//   auto response = co_await CallUnary(loop, *stub, &v1::NodeService::Stub::PrepareAsyncGetNode,
//                                      request, options, stop);
//
// A call always ends before its task does. A stop that is requested cancels it; it then ends with
// CANCELLED, or with its result if that came first. `stub` and `request` must live until the task
// has ended. Loop thread only.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
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
  // Time that the call may take from its start; it then ends with DEADLINE_EXCEEDED. Without a
  // timeout it may take for ever.
  std::optional<async::Duration> timeout = std::nullopt;
  // Waits for a connection instead of ending with UNAVAILABLE while there is none.
  bool wait_for_ready = false;
};

namespace internal {

inline void Apply(const CallOptions& options, grpc::ClientContext& context) {
  if (options.timeout) context.set_deadline(DeadlineAfter(*options.timeout));
  context.set_wait_for_ready(options.wait_for_ready);
}

// The type of the generated &Service::Stub::PrepareAsyncMethod.
template <class Stub, class Request, class Response>
using PrepareUnary = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(
    grpc::ClientContext*, const Request&, grpc::CompletionQueue*);
template <class Stub, class Request, class Response>
using PrepareStream = std::unique_ptr<grpc::ClientAsyncReader<Response>> (Stub::*)(
    grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

}  // namespace internal

// Makes a call with one request and one response.
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

// A call with one request and a stream of responses, read one by one.
//
//   StreamCall<v1::JobEvent> call(loop, *stub, &Stub::PrepareAsyncWatchJob, request, options,
//                                 stop);
//   co_await call.Start();
//   ... co_await call.Read(event) ...
//   co_return co_await call.Finish();
//
// It must be finished before it is destroyed. Finish it before the last response only if the peer
// sends no more, or after a stop.
template <class Response>
class StreamCall {
 public:
  template <class Stub, class Request>
  StreamCall(Loop& loop, Stub& stub, internal::PrepareStream<Stub, Request, Response> prepare,
             const Request& request, const CallOptions& options, std::stop_token stop)
      : call_(Prepare(loop, stub, prepare, request, options)),
        cancel_(std::move(stop), [this] { context_.TryCancel(); }) {}

  async::Task<> Start() {
    alive_ = co_await Completion([&](void* tag) { call_->StartCall(tag); });
  }
  // Reads the next response in place of what is in `response`, whose memory it uses. False if there
  // are no more.
  async::Task<bool> Read(Response& response) {
    if (alive_) alive_ = co_await Completion([&](void* tag) { call_->Read(&response, tag); });
    co_return alive_;
  }
  // Returns how the stream ended.
  async::Task<absl::Status> Finish() {
    grpc::Status status;
    co_await Completion([&](void* tag) { call_->Finish(&status, tag); });
    co_return FromGrpcStatus(status);
  }

 private:
  template <class Stub, class Request>
  std::unique_ptr<grpc::ClientAsyncReader<Response>> Prepare(
      Loop& loop, Stub& stub, internal::PrepareStream<Stub, Request, Response> prepare,
      const Request& request, const CallOptions& options) {
    internal::Apply(options, context_);
    return (stub.*prepare)(&context_, request, loop.queue());
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReader<Response>> call_;
  bool alive_ = false;
  std::stop_callback<std::function<void()>> cancel_;
};

// Makes a call with one request and a stream of responses, and hands each response to `on_message`
// as it comes. Returns the status that the stream ended with.
template <class Stub, class Request, class Response>
async::Task<absl::Status> CallStream(
    Loop& loop, Stub& stub, internal::PrepareStream<Stub, Request, Response> prepare,
    const Request& request, CallOptions options,
    std::type_identity_t<std::function<void(Response&&)>> on_message, std::stop_token stop) {
  StreamCall<Response> call(loop, stub, prepare, request, options, std::move(stop));
  co_await call.Start();
  Response message;
  bool more = co_await call.Read(message);
  while (more) {
    on_message(std::move(message));
    more = co_await call.Read(message);
  }
  co_return co_await call.Finish();
}

// Makes a call with a stream of requests and one response, all as bytes. `method` is the full name
// of the method, such as "/mlp.v1.NodeService/PutParameters"; `next` returns the next request,
// nullopt after the last.
async::Task<absl::StatusOr<grpc::ByteBuffer>> CallWithStream(
    Loop& loop, std::shared_ptr<grpc::Channel> channel, std::string method, CallOptions options,
    std::function<std::optional<grpc::ByteBuffer>()> next, std::stop_token stop);

}  // namespace mlp::rpc
