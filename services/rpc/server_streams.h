// The messages of a call, as its handler sees them. Loop thread only.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/async/wait.h"
#include "services/rpc/budget.h"
#include "services/rpc/byte_buffer.h"
#include "services/rpc/completion.h"
#include "services/rpc/limits.h"
#include "services/rpc/loop.h"
#include "services/rpc/server.h"
#include "services/rpc/status.h"

namespace mlp::rpc {

// Time without a message after which a call is cancelled that awaits one, or that waits until its
// client takes one: what a server keeps for a client, it must not keep for ever.
inline constexpr std::chrono::seconds kMaxSilence{60};
// Time within which a call's one request must have come: 64 MiB at half a megabyte a second.
inline constexpr std::chrono::seconds kMaxRequestTime{120};
// The rate of bytes a second at which a stream of requests must come on the whole, once kMaxSilence
// has passed: what has come takes memory until the rest is there.
inline constexpr std::int64_t kLeastBytesPerSecond = 128 << 10;

// True if that is less than kLeastBytesPerSecond.
inline bool TooSlow(std::size_t bytes, async::Duration took) {
  const auto beyond = std::chrono::duration_cast<std::chrono::seconds>(took - kMaxSilence);
  return static_cast<std::int64_t>(bytes) < beyond.count() * kLeastBytesPerSecond;
}

// A message that has not come within this time counts as the largest that may come, until it is
// there and has a size.
inline constexpr std::chrono::milliseconds kQuickMessage{100};

namespace internal {

// A call as it lies in the frame of the flow that serves it. Requests come as bytes, so that those
// of a call that is refused are not parsed.
template <class Response>
struct Call {
  grpc::ServerContext context;
  grpc::ServerAsyncReaderWriter<Response, grpc::ByteBuffer> stream{&context};
};

template <class Message>
std::size_t BytesIn(const Message& message) {
  if constexpr (std::is_same_v<Message, grpc::ByteBuffer>) {
    return message.Length();
  } else {
    return message.ByteSizeLong();
  }
}

// Cancels a call at a time, unless it is destroyed before.
class CancelAfter {
 public:
  CancelAfter(Loop& loop, grpc::ServerContext& context, async::Duration after)
      : loop_(loop),
        timer_(loop.Schedule(loop.Now() + after, [&context] { context.TryCancel(); })) {}
  ~CancelAfter() { loop_.Cancel(timer_); }
  CancelAfter(const CancelAfter&) = delete;
  CancelAfter& operator=(const CancelAfter&) = delete;

 private:
  Loop& loop_;
  const Loop::TimerId timer_;
};

// Reads the requests of a call, as far as the server's budget has room for them, and holds room for
// the last one and for an answer.
template <class Response>
class Requests {
 public:
  // A request that has not come after `most_silence` cancels the call.
  Requests(Server& server, Call<Response>& call, async::Duration most_silence)
      : server_(server),
        loop_(server.loop()),
        call_(call),
        peer_(call.context.peer()),
        most_silence_(most_silence),
        bytes_(server.bytes()),
        claim_(bytes_, HostOf(peer_)),
        connected_(server_.Took(peer_)) {}

  // The address that the call comes from, in gRPC's form.
  const std::string& peer() const { return peer_; }
  // False if the call's connection was closed before the call was taken.
  bool connected() const { return connected_; }

  // Returns the next request, for which there is room until the next one is read; nullopt if there
  // are no more, the call is dead, or it was refused.
  async::Task<std::optional<grpc::ByteBuffer>> Read() {
    claim_.Resize(0);
    std::optional<grpc::ByteBuffer> bytes(std::in_place);
    WaitForSlow(loop_.Now() + most_silence_, kMoments);
    const bool more = co_await Completion([&](void* tag) { call_.stream.Read(&*bytes, tag); });
    loop_.Cancel(timer_);
    reading_.reset();
    if (!more && !std::exchange(any_came_, true)) server_.Abandoned(peer_);
    if (!more || refused_) co_return std::nullopt;
    any_came_ = true;
    server_.Took(peer_);
    came_ += bytes->Length();
    if (TooSlow(came_, loop_.Now() - began_)) {
      Refuse(absl::DeadlineExceededError(
          absl::StrCat("only ", came_, " bytes came, less than ", kLeastBytesPerSecond,
                       " a second; send it again over a faster connection")));
      co_return std::nullopt;
    }
    if (claim_.Resize(bytes->Length())) co_return bytes;
    Refuse(BytesSpent(bytes_.limits()));
    co_return std::nullopt;
  }
  // Holds room for an answer beside the request's. False if there is none.
  bool HoldAnswer(std::size_t bytes) { return claim_.Resize(claim_.amount() + bytes); }

  // Ends the call with that error, even while a request is on its way.
  void Refuse(absl::Status why) {
    if (std::exchange(refused_, true)) return;
    refusing_.Spawn(SendRefusal(ToGrpcStatus(why)));
  }
  // True if the call was refused; it has ended then.
  async::Task<bool> Refused() {
    co_await refusing_.Join();
    co_return refused_;
  }

 private:
  // A loop that is late itself, or has much to do, may not have got to a message that is there:
  // each moment ends behind what waited for the loop when it began.
  static constexpr int kMoments = 3;
  void WaitForSlow(async::TimePoint cancelled, int moments) {
    timer_ = loop_.Schedule(loop_.Now() + kQuickMessage / kMoments, [this, cancelled, moments] {
      reading_ = std::make_shared<char>();
      loop_.PostFromAnyThread([this, cancelled, moments, reading = std::weak_ptr(reading_)] {
        if (reading.expired()) return;
        if (moments > 1) return WaitForSlow(cancelled, moments - 1);
        timer_ = loop_.Schedule(cancelled, [this] { call_.context.TryCancel(); });
        if (!claim_.Resize(kMaxMessageBytes)) Refuse(BytesSpent(bytes_.limits()));
      });
    });
  }
  async::Task<> SendRefusal(grpc::Status status) {
    const CancelAfter unread(loop_, call_.context, kMaxSilence);
    co_await Completion([&](void* tag) { call_.stream.Finish(status, tag); });
  }

  Server& server_;
  Loop& loop_;
  Call<Response>& call_;
  const std::string peer_;
  const async::Duration most_silence_;
  const async::TimePoint began_ = loop_.Now();
  bool any_came_ = false;          // a request, or the news that none will
  std::size_t came_ = 0;           // bytes
  Loop::TimerId timer_ = 0;        // while a message is awaited
  std::shared_ptr<char> reading_;  // for as long as a message is awaited
  Budget& bytes_;
  Budget::Claim claim_;
  const bool connected_;
  bool refused_ = false;
  async::TaskGroup refusing_;  // one task at most
};

}  // namespace internal

// The answers of a call that is answered with a stream of them.
template <class Response>
class ServerStream {
 public:
  ServerStream(Loop& loop, internal::Call<Response>& call, std::string host, std::stop_token stop)
      : loop_(loop), call_(call), host_(std::move(host)), stop_(std::move(stop)) {}

  // Sends `message`, which must live until then; returns when gRPC takes the next one, which is
  // late if the client reads slowly. False if the call is dead and nothing more can be sent. One at
  // a time.
  async::Task<bool> Write(const Response& message) {
    co_return co_await Completion([&](void* tag) { call_.stream.Write(message, tag); });
  }
  // The same for what a client takes as fast as it can: the call is cancelled if gRPC does not take
  // the next message within kMaxSilence.
  async::Task<bool> WriteInTime(const Response& message) {
    const internal::CancelAfter unread(loop_, call_.context, kMaxSilence);
    co_return co_await Write(message);
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
  // Sends what was not sent yet, and `status`. The server calls it when the handler has ended. A
  // client that does not take that within kMaxSilence has its call cancelled.
  async::Task<> Finish(grpc::Status status) {
    const internal::CancelAfter unread(loop_, call_.context, kMaxSilence);
    const std::optional<Response> last = std::exchange(pending_, std::nullopt);
    co_await sending_.Join();
    co_await Completion([&](void* tag) {
      if (last) {
        call_.stream.WriteAndFinish(*last, grpc::WriteOptions(), status, tag);
      } else {
        call_.stream.Finish(status, tag);
      }
    });
  }
  // The token that is requested when the client cancelled or vanished, when its deadline passed,
  // and when the grace of the server's shutdown is over.
  std::stop_token stop_token() const { return stop_; }
  // The client's host, see HostOf.
  const std::string& host() const { return host_; }

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
  internal::Call<Response>& call_;
  const std::string host_;
  std::stop_token stop_;
  std::optional<Response> pending_;
  async::TaskGroup sending_;  // one task at most
};

// The requests of a call that sends a stream of them.
template <class Response, class Request>
class RequestStream {
 public:
  explicit RequestStream(internal::Requests<Response>& requests) : requests_(requests) {}

  // Returns the next request; nullopt if there are no more, or the call is dead, or was refused: it
  // sends what is no request, or more than the server has room for. Whatever the handler returns
  // then, the client gets the reason.
  async::Task<std::optional<Request>> Read() {
    std::optional<grpc::ByteBuffer> bytes = co_await requests_.Read();
    if (!bytes) co_return std::nullopt;
    absl::StatusOr<Request> request = Parse<Request>(*std::move(bytes));
    if (request.ok()) co_return *std::move(request);
    requests_.Refuse(request.status());
    co_return std::nullopt;
  }

 private:
  internal::Requests<Response>& requests_;
};

}  // namespace mlp::rpc
