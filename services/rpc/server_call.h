// Serving calls: each call is a flow of the server's tasks(), from accepting it to its end.
//
// A handler is an ordinary function object that returns a Task, such as
//   [this](const v1::GetJobRequest& request) { return GetJob(request); }
// whose GetJob is a member coroutine. It must not be a coroutine itself: its captures would be gone
// at the first suspension. The request lives until the handler's task has ended.
//
// A request is read when its call is accepted, if the server's budget of bytes has room for it.
// What a call holds counts until the call has ended, the answer included; a call for which there is
// no room ends with RESOURCE_EXHAUSTED and the advice to try again.
//
// Each method of a service that is handed to the server must be served, before Start.
#pragma once

#include <grpcpp/support/sync_stream.h>

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
#include "absl/strings/str_cat.h"
#include "services/async/task.h"
#include "services/rpc/async_service.h"
#include "services/rpc/completion.h"
#include "services/rpc/server.h"
#include "services/rpc/server_streams.h"
#include "services/rpc/status.h"

namespace mlp::rpc {

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

// Number of calls of one method that can arrive at once without waiting for the loop.
inline constexpr int kOutstandingRequests = 4;

// Time that a conversation may be silent: who converses asks at once.
inline constexpr std::chrono::seconds kMaxPause{10};

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

// Starts to read the one request of a call; nullopt if the call has ended instead.
template <class Request, class Response>
async::Task<std::optional<Request>> ReadOne(Requests<Response>& requests) {
  std::optional<Request> request;
  std::optional<grpc::ByteBuffer> bytes = co_await requests.Read();
  if (bytes) {
    absl::StatusOr<Request> parsed = Parse<Request>(*std::move(bytes));
    if (parsed.ok()) co_return *std::move(parsed);
    requests.Refuse(parsed.status());
  } else {
    requests.Refuse(absl::InvalidArgumentError("the request did not come"));
  }
  co_await requests.Refused();
  co_return request;
}

// Sends the answer to a call that has one.
template <class Response>
async::Task<> Answer(Server& server, Call<Response>& call, Requests<Response>& requests,
                     const absl::StatusOr<Response>& response) {
  const CancelAfter unread(server.loop(), call.context, kMaxSilence);
  absl::Status result = response.status();
  if (response.ok() && !requests.HoldAnswer(BytesIn(*response))) {
    result = BytesSpent(server.bytes().limits());
  }
  const grpc::Status status = ToGrpcStatus(result);
  co_await Completion([&](void* tag) {
    if (status.ok()) {
      call.stream.WriteAndFinish(*response, grpc::WriteOptions(), status, tag);
    } else {
      call.stream.Finish(status, tag);
    }
  });
}

template <class Outer, class Request, class Response>
async::Task<> ServeOneUnary(Server& server, AsyncService<Outer>& service, int method,
                            UnaryHandlerWithPeer<Request, Response> handler) {
  Call<Response> call;
  const bool accepted = co_await Completion(
      [&](void* tag) { service.Accept(method, &call.context, &call.stream, server.queue(), tag); });
  if (!accepted) co_return;
  server.tasks().Spawn(ServeOneUnary(server, service, method, handler));  // the next call

  Requests<Response> requests(server, call, kMaxRequestTime);
  if (!requests.connected()) co_return;
  const std::optional<Request> request = co_await ReadOne<Request>(requests);
  if (!request) co_return;
  const absl::StatusOr<Response> response = co_await handler(*request, requests.peer());
  co_await Answer(server, call, requests, response);
}

template <class Outer, class Request, class Response>
async::Task<> ServeOneStream(Server& server, AsyncService<Outer>& service, int method,
                             StreamHandler<Request, Response> handler) {
  Call<Response> call;
  CallEnd end(call.context);
  const bool accepted = co_await Completion(
      [&](void* tag) { service.Accept(method, &call.context, &call.stream, server.queue(), tag); });
  if (!accepted) co_return;
  server.tasks().Spawn(ServeOneStream(server, service, method, handler));  // the next call

  Requests<Response> requests(server, call, kMaxRequestTime);
  std::optional<Request> request;
  if (requests.connected()) request = co_await ReadOne<Request>(requests);
  if (request) {
    ServerStream<Response> stream(server.loop(), call, HostOf(requests.peer()), end.stop_token());
    const absl::Status result = co_await handler(*request, stream);
    grpc::Status status = ToGrpcStatus(result);
    co_await stream.Finish(std::move(status));
  }
  co_await end;
}

template <class Outer, class Request, class Response>
async::Task<> ServeOnePut(Server& server, AsyncService<Outer>& service, int method,
                          PutHandler<Request, Response> handler, async::Duration most_silence) {
  Call<Response> call;
  const bool accepted = co_await Completion(
      [&](void* tag) { service.Accept(method, &call.context, &call.stream, server.queue(), tag); });
  if (!accepted) co_return;
  server.tasks().Spawn(ServeOnePut(server, service, method, handler, most_silence));  // the next

  Requests<Response> requests(server, call, most_silence);
  if (!requests.connected()) co_return;
  RequestStream<Response, Request> pieces(requests);
  const absl::StatusOr<Response> response = co_await handler(pieces);
  const bool refused = co_await requests.Refused();
  if (!refused) co_await Answer(server, call, requests, response);
}

template <class Outer, class Request, class Response>
async::Task<> ServeOneConversation(Server& server, AsyncService<Outer>& service, int method,
                                   Budget& places, std::function<Response(const Request&)> answer) {
  Call<Response> call;
  const bool accepted = co_await Completion(
      [&](void* tag) { service.Accept(method, &call.context, &call.stream, server.queue(), tag); });
  if (!accepted) co_return;
  server.tasks().Spawn(ServeOneConversation(server, service, method, places, answer));  // the next

  Requests<Response> requests(server, call, kMaxPause);
  Budget::Claim place(places, HostOf(requests.peer()));
  if (!place.Resize(1)) requests.Refuse(PlacesTaken("conversations", places.limits()));
  RequestStream<Response, Request> stream(requests);
  bool alive = place.amount() > 0;
  while (alive) {
    const std::optional<Request> request = co_await stream.Read();
    if (!request) break;
    const CancelAfter unread(server.loop(), call.context, kMaxSilence);
    const Response response = answer(*request);
    alive = co_await Completion([&](void* tag) { call.stream.Write(response, tag); });
  }
  const bool refused = co_await requests.Refused();
  if (refused) co_return;
  const CancelAfter unread(server.loop(), call.context, kMaxSilence);
  co_await Completion([&](void* tag) { call.stream.Finish(grpc::Status::OK, tag); });
}

// The types of the generated &Service::Method, which tell the method.
template <class Service, class Request, class Response>
using UnaryMethod = grpc::Status (Service::*)(grpc::ServerContext*, const Request*, Response*);
template <class Service, class Request, class Response>
using StreamMethod = grpc::Status (Service::*)(grpc::ServerContext*, const Request*,
                                               grpc::ServerWriter<Response>*);
template <class Service, class Request, class Response>
using PutMethod = grpc::Status (Service::*)(grpc::ServerContext*, grpc::ServerReader<Request>*,
                                            Response*);
template <class Service, class Request, class Response>
using ConversationMethod = grpc::Status (Service::*)(grpc::ServerContext*,
                                                     grpc::ServerReaderWriter<Response, Request>*);

}  // namespace internal

// The same as ServeUnary, with a handler that also gets the address that the call comes from.
template <class Outer, class Service, class Request, class Response>
void ServeUnaryWithPeer(Server& server, AsyncService<Outer>& service,
                        internal::UnaryMethod<Service, Request, Response>,
                        std::type_identity_t<UnaryHandlerWithPeer<Request, Response>> handler) {
  const int method = service.IndexOf(*Request::descriptor(), false, false);
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOneUnary(server, service, method, handler));
  }
}

// ServeUnary(server, service, &Generated::GetJob, handler) answers every call of the method by
// `handler`. Call it before Start, on the thread that starts the server.
template <class Outer, class Service, class Request, class Response>
void ServeUnary(Server& server, AsyncService<Outer>& service,
                internal::UnaryMethod<Service, Request, Response> which,
                std::type_identity_t<UnaryHandler<Request, Response>> handler) {
  ServeUnaryWithPeer(server, service, which,
                     [handler = std::move(handler)](const Request& request, const std::string&) {
                       return handler(request);
                     });
}

// The same for a method that answers with a stream, which ends with the status that the handler
// returns.
template <class Outer, class Service, class Request, class Response>
void ServeStream(Server& server, AsyncService<Outer>& service,
                 internal::StreamMethod<Service, Request, Response>,
                 std::type_identity_t<StreamHandler<Request, Response>> handler) {
  const int method = service.IndexOf(*Request::descriptor(), false, true);
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOneStream(server, service, method, handler));
  }
}

// The same for a handler that encodes the messages of the stream itself.
template <class Outer, class Service, class Request, class Response>
void ServeEncodedStream(Server& server, AsyncService<Outer>& service,
                        internal::StreamMethod<Service, Request, Response>,
                        std::type_identity_t<StreamHandler<Request, grpc::ByteBuffer>> handler) {
  const int method = service.IndexOf(*Request::descriptor(), false, true);
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOneStream(server, service, method, handler));
  }
}

// The same for a method that takes a stream of requests, each of which is awaited for
// `most_silence` at most.
template <class Outer, class Service, class Request, class Response>
void ServePut(Server& server, AsyncService<Outer>& service,
              internal::PutMethod<Service, Request, Response>,
              std::type_identity_t<PutHandler<Request, Response>> handler,
              async::Duration most_silence = kMaxSilence) {
  const int method = service.IndexOf(*Request::descriptor(), true, false);
  for (int i = 0; i < internal::kOutstandingRequests; ++i) {
    server.tasks().Spawn(internal::ServeOnePut(server, service, method, handler, most_silence));
  }
}

// The same for a method whose client may send any number of requests, none later than kMaxPause
// after the answer before: `answer`, which must not block, answers each before the next one is
// read. Each call takes one of `places`, and is refused if none is left.
template <class Outer, class Service, class Request, class Response>
void ServeConversation(Server& server, AsyncService<Outer>& service,
                       internal::ConversationMethod<Service, Request, Response>, Budget& places,
                       std::type_identity_t<std::function<Response(const Request&)>> answer) {
  const int method = service.IndexOf(*Request::descriptor(), true, true);
  server.tasks().Spawn(internal::ServeOneConversation(server, service, method, places, answer));
}

}  // namespace mlp::rpc
