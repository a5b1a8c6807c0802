// Serving calls: each call is a flow of the server's tasks(), from accepting it to its end.
//
// A handler is an ordinary function object that returns a Task, such as
//   [this](const v1::GetJobRequest& request) { return GetJob(request); }
// whose GetJob is a member coroutine. It must not be a coroutine itself: its captures would be gone
// at the first suspension. The request lives until the handler's task has ended.
//
// Each method of a service that is handed to the server must be served, before Start.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <coroutine>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/async/wait.h"
#include "services/rpc/completion.h"
#include "services/rpc/loop.h"
#include "services/rpc/server.h"
#include "services/rpc/status.h"

namespace mlp::rpc {

// The messages of a streaming call, as its handler sees them. Loop thread only.
template <class Response>
class ServerStream {
 public:
  ServerStream(Loop& loop, grpc::ServerAsyncWriter<Response>& writer, std::stop_token stop)
      : loop_(loop), writer_(writer), stop_(std::move(stop)) {}

  // Sends `message`, which must live until then; returns when gRPC takes the next one, which is
  // late if the client reads slowly. False if the call is dead and nothing more can be sent. One at
  // a time.
  async::Task<bool> Write(const Response& message) {
    co_return co_await Completion([&](void* tag) { writer_.Write(message, tag); });
  }
  // Sends without waiting, for calls of a few messages, instead of Write. Messages that are sent in
  // one turn of the loop are merged into one, which travels with the call's end if that comes in
  // the same turn. They are dropped if the call is dead.
  void Send(const Response& message) {
    if (!pending_) pending_.emplace();
    pending_->MergeFrom(message);
    if (sending_.running() == 0) sending_.Spawn(SendPending());
  }
  // Waits until all that Send took is out. Await it between Send and Write.
  async::TaskGroup::JoinAwaiter Sent() { return sending_.Join(); }
  // Sends what was not sent yet, and `status`. The server calls it when the handler has ended.
  async::Task<> Finish(grpc::Status status) {
    const std::optional<Response> last = std::exchange(pending_, std::nullopt);
    co_await sending_.Join();
    co_await Completion([&](void* tag) {
      if (last) {
        writer_.WriteAndFinish(*last, grpc::WriteOptions(), status, tag);
      } else {
        writer_.Finish(status, tag);
      }
    });
  }
  // The token that is requested when the client cancelled or vanished, when its deadline passed,
  // and when the grace of the server's shutdown is over.
  std::stop_token stop_token() const { return stop_; }

 private:
  async::Task<> SendPending() {
    co_await async::SleepFor(loop_, async::Duration::zero());
    bool alive = true;
    while (pending_) {
      const Response message = *std::exchange(pending_, std::nullopt);
      if (alive) alive = co_await Write(message);
    }
  }
  Loop& loop_;
  grpc::ServerAsyncWriter<Response>& writer_;
  std::stop_token stop_;
  std::optional<Response> pending_;
  async::TaskGroup sending_;  // one task at most
};

// Time without a request after which a call that awaits one is cancelled: its handler must not
// keep things for the client for ever.
inline constexpr std::chrono::seconds kMaxSilence{60};

// The requests of a call that sends a stream of them, as its handler sees them. Loop thread only.
template <class Response, class Request>
class RequestStream {
 public:
  RequestStream(Server& server, grpc::ServerContext& context,
                grpc::ServerAsyncReader<Response, Request>& reader, async::Duration most_silence)
      : server_(server), context_(context), reader_(reader), most_silence_(most_silence) {}

  // Returns the next request; nullopt if there are no more, or the call is dead.
  async::Task<std::optional<Request>> Read() {
    std::optional<Request> request(std::in_place);
    const Loop::TimerId silence = server_.loop().Schedule(server_.loop().Now() + most_silence_,
                                                          [this] { context_.TryCancel(); });
    const bool more = co_await Completion([&](void* tag) { reader_.Read(&*request, tag); });
    server_.loop().Cancel(silence);
    server_.Took(context_.peer());
    if (!more) request.reset();
    co_return request;
  }

 private:
  Server& server_;
  grpc::ServerContext& context_;
  grpc::ServerAsyncReader<Response, Request>& reader_;
  const async::Duration most_silence_;
};

template <class Request, class Response>
using UnaryHandler = std::function<async::Task<absl::StatusOr<Response>>(const Request&)>;
// `peer` is the address that the call comes from, in gRPC's form: "ipv4:10.0.0.1:41234".
template <class Request, class Response>
using UnaryHandlerWithPeer =
    std::function<async::Task<absl::StatusOr<Response>>(const Request&, const std::string& peer)>;
template <class Request, class Response>
using StreamHandler =
    std::function<async::Task<absl::Status>(const Request&, ServerStream<Response>&)>;
template <class Request, class Response>
using PutHandler =
    std::function<async::Task<absl::StatusOr<Response>>(RequestStream<Response, Request>&)>;

namespace internal {

// The type of the generated &AsyncService::RequestMethod.
template <class Service, class Request, class Responder>
using RequestMethod = void (Service::*)(grpc::ServerContext*, Request*, Responder*,
                                        grpc::CompletionQueue*, grpc::ServerCompletionQueue*,
                                        void*);

// Number of calls of one method that can arrive at once without waiting for the loop.
inline constexpr int kOutstandingRequests = 4;

// The end of a call that has begun: the tag of AsyncNotifyWhenDone. It comes while the handler runs
// (the call is dead) or after the handler has finished the call.
class CallEnd final : public Tag {
 public:
  explicit CallEnd(grpc::ServerContext& context) : context_(context) {
    context_.AsyncNotifyWhenDone(Arm());
  }

  std::stop_token stop_token() const { return stop_.get_token(); }

  bool await_ready() const noexcept { return ended_; }
  void await_suspend(std::coroutine_handle<> flow) noexcept { flow_ = flow; }
  void await_resume() const noexcept {}

 private:
  void OnCompletion(bool) override {
    ended_ = true;
    if (context_.IsCancelled()) stop_.request_stop();
    if (flow_) flow_.resume();
  }

  grpc::ServerContext& context_;
  std::stop_source stop_;
  std::coroutine_handle<> flow_;
  bool ended_ = false;
};

template <class Service, class Request, class Response>
async::Task<> ServeOneUnary(
    Server& server, Service& service,
    RequestMethod<Service, Request, grpc::ServerAsyncResponseWriter<Response>> accept,
    UnaryHandlerWithPeer<Request, Response> handler) {
  grpc::ServerContext context;
  grpc::ServerAsyncResponseWriter<Response> responder(&context);
  Request request;
  const bool accepted = co_await Completion([&](void* tag) {
    (service.*accept)(&context, &request, &responder, server.queue(), server.queue(), tag);
  });
  if (!accepted) co_return;
  const std::string peer = context.peer();
  server.Took(peer);
  server.tasks().Spawn(ServeOneUnary(server, service, accept, handler));  // the next call

  const absl::StatusOr<Response> response = co_await handler(request, peer);
  const grpc::Status status = ToGrpcStatus(response.status());
  co_await Completion([&](void* tag) {
    if (response.ok()) {
      responder.Finish(*response, status, tag);
    } else {
      responder.FinishWithError(status, tag);
    }
  });
}

template <class Service, class Request, class Response>
async::Task<> ServeOneStream(
    Server& server, Service& service,
    RequestMethod<Service, Request, grpc::ServerAsyncWriter<Response>> accept,
    StreamHandler<Request, Response> handler) {
  grpc::ServerContext context;
  grpc::ServerAsyncWriter<Response> writer(&context);
  CallEnd end(context);
  Request request;
  const bool accepted = co_await Completion([&](void* tag) {
    (service.*accept)(&context, &request, &writer, server.queue(), server.queue(), tag);
  });
  if (!accepted) co_return;
  server.Took(context.peer());
  server.tasks().Spawn(ServeOneStream(server, service, accept, handler));  // the next call

  ServerStream<Response> stream(server.loop(), writer, end.stop_token());
  const absl::Status result = co_await handler(request, stream);
  grpc::Status status = ToGrpcStatus(result);
  co_await stream.Finish(std::move(status));
  co_await end;
}

template <class Service, class Request, class Response>
using PutMethod = void (Service::*)(grpc::ServerContext*,
                                    grpc::ServerAsyncReader<Response, Request>*,
                                    grpc::CompletionQueue*, grpc::ServerCompletionQueue*, void*);

template <class Service, class Request, class Response>
async::Task<> ServeOnePut(Server& server, Service& service,
                          PutMethod<Service, Request, Response> accept,
                          PutHandler<Request, Response> handler, async::Duration most_silence) {
  grpc::ServerContext context;
  grpc::ServerAsyncReader<Response, Request> reader(&context);
  const bool accepted = co_await Completion([&](void* tag) {
    (service.*accept)(&context, &reader, server.queue(), server.queue(), tag);
  });
  if (!accepted) co_return;
  server.Took(context.peer());
  server.tasks().Spawn(ServeOnePut(server, service, accept, handler, most_silence));  // the next

  RequestStream<Response, Request> requests(server, context, reader, most_silence);
  const absl::StatusOr<Response> response = co_await handler(requests);
  const grpc::Status status = ToGrpcStatus(response.status());
  co_await Completion([&](void* tag) {
    if (response.ok()) {
      reader.Finish(*response, status, tag);
    } else {
      reader.FinishWithError(status, tag);
    }
  });
}

template <class Service, class Request, class Response>
using ConversationMethod = void (Service::*)(grpc::ServerContext*,
                                             grpc::ServerAsyncReaderWriter<Response, Request>*,
                                             grpc::CompletionQueue*, grpc::ServerCompletionQueue*,
                                             void*);

template <class Service, class Request, class Response>
async::Task<> ServeOneConversation(Server& server, Service& service,
                                   ConversationMethod<Service, Request, Response> accept,
                                   std::function<Response(const Request&)> answer) {
  grpc::ServerContext context;
  grpc::ServerAsyncReaderWriter<Response, Request> stream(&context);
  const bool accepted = co_await Completion([&](void* tag) {
    (service.*accept)(&context, &stream, server.queue(), server.queue(), tag);
  });
  if (!accepted) co_return;
  server.Took(context.peer());
  server.tasks().Spawn(ServeOneConversation(server, service, accept, answer));  // the next call

  bool alive = true;
  while (alive) {
    Request request;
    alive = co_await Completion([&](void* tag) { stream.Read(&request, tag); });
    if (!alive) break;
    server.Took(context.peer());
    const Response response = answer(request);
    alive = co_await Completion([&](void* tag) { stream.Write(response, tag); });
  }
  co_await Completion([&](void* tag) { stream.Finish(grpc::Status::OK, tag); });
}

}  // namespace internal

// The same as ServeUnary, with a handler that also gets the address that the call comes from.
template <class Service, class Request, class Response>
void ServeUnaryWithPeer(
    Server& server, std::type_identity_t<Service>& service,
    internal::RequestMethod<Service, Request, grpc::ServerAsyncResponseWriter<Response>> accept,
    std::type_identity_t<UnaryHandlerWithPeer<Request, Response>> handler) {
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOneUnary(server, service, accept, handler));
  }
}

// ServeUnary(server, service, &v1::JobService::AsyncService::RequestGetJob, handler) answers every
// call of the method by `handler`. Call it before Start, on the thread that starts the server.
template <class Service, class Request, class Response>
void ServeUnary(
    Server& server, std::type_identity_t<Service>& service,
    internal::RequestMethod<Service, Request, grpc::ServerAsyncResponseWriter<Response>> accept,
    std::type_identity_t<UnaryHandler<Request, Response>> handler) {
  ServeUnaryWithPeer(server, service, accept,
                     [handler = std::move(handler)](const Request& request, const std::string&) {
                       return handler(request);
                     });
}

// The same for a method that answers with a stream, which ends with the status that the handler
// returns.
template <class Service, class Request, class Response>
void ServeStream(
    Server& server, std::type_identity_t<Service>& service,
    internal::RequestMethod<Service, Request, grpc::ServerAsyncWriter<Response>> accept,
    std::type_identity_t<StreamHandler<Request, Response>> handler) {
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOneStream(server, service, accept, handler));
  }
}

// The same for a method that takes a stream of requests, each of which is awaited for
// `most_silence` at most.
template <class Service, class Request, class Response>
void ServePut(Server& server, std::type_identity_t<Service>& service,
              internal::PutMethod<Service, Request, Response> accept,
              std::type_identity_t<PutHandler<Request, Response>> handler,
              async::Duration most_silence = kMaxSilence) {
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOnePut(server, service, accept, handler, most_silence));
  }
}

// The same for a method whose client may send any number of requests: `answer`, which must not
// block, answers each before the next one is read.
template <class Service, class Request, class Response>
void ServeConversation(Server& server, std::type_identity_t<Service>& service,
                       internal::ConversationMethod<Service, Request, Response> accept,
                       std::type_identity_t<std::function<Response(const Request&)>> answer) {
  server.tasks().Spawn(internal::ServeOneConversation(server, service, accept, answer));
}

}  // namespace mlp::rpc
