// The connection to one service of a coordinator. It is for the clients of this room, which keep
// gRPC out of all other code.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/interrupt.h"
#include "cli/client/message_text.h"
#include "cli/client/retry_policy.h"
#include "cli/client/session.h"
#include "services/base/field_error.h"

namespace mlp::cli {

// A channel to a coordinator that may not listen yet.
class CoordinatorChannel {
 public:
  // Everything that `session` refers to must outlive it.
  explicit CoordinatorChannel(const Session& session);

  // Connects at the first call. If no coordinator listens yet, that call waits for one, up to 2 s,
  // and says so on the session's error output. An interrupt ends the wait.
  const std::shared_ptr<grpc::Channel>& Connected();
  // Says on the session's error output what a call that failed waits for, unless that is brief.
  void SayAgain(const absl::Status& why, const RetryPolicy& retries);
  Interrupt& interrupt() const { return interrupt_; }

 private:
  void AwaitCoordinator();

  const std::string address_;
  Interrupt& interrupt_;
  std::ostream& err_;
  const std::shared_ptr<grpc::Channel> channel_;
  bool awaited_ = false;
};

// A call under way, which an interrupt cancels.
class CallContext {
 public:
  explicit CallContext(Interrupt& interrupt)
      : cancels_(interrupt, [this] { context_.TryCancel(); }) {}
  grpc::ClientContext* get() { return &context_; }

 private:
  grpc::ClientContext context_;
  const Interrupt::Cancels cancels_;
};

struct CallTerms {
  std::chrono::seconds limit = std::chrono::seconds(30);  // of each try
  // The further tries while the coordinator is not there, for calls that may be repeated. An answer
  // that blames a field is not tried again.
  RetryPolicy retries = kTryOnce;
};

// True if the coordinator may have been away, or busy, for a moment.
inline bool MayPass(const absl::Status& error) {
  return absl::IsUnavailable(error) && !FieldOf(error);
}

// The error that a call ended with, with a Printable message.
absl::Status ErrorOf(const grpc::Status& status);

template <class Service>
class Connection {
 public:
  using Stub = typename Service::Stub;

  // Texts of messages arrive Printable, or exactly as they are if the session prints JSON, which
  // escapes them.
  explicit Connection(const Session& session) : channel_(session), exact_(session.json) {}

  // The stub. The first call waits for the coordinator.
  Stub& stub() {
    if (stub_ == nullptr) stub_ = Service::NewStub(channel_.Connected());
    return *stub_;
  }
  Interrupt& interrupt() const { return channel_.interrupt(); }

  // Every message that arrives goes through this.
  template <class Response>
  void Arrived(Response& response) const {
    if (!exact_) MakePrintable(response);
  }

  // A unary call: connection.Call(&v1::JobService::Stub::GetJob, request)
  template <class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, const CallTerms& terms = {}) {
    for (int left = terms.retries.tries;; --left) {
      absl::StatusOr<Response> response = CallOnce(method, request, terms.limit);
      if (!MayPass(response.status()) || left == 0) return response;
      if (left == terms.retries.tries) channel_.SayAgain(response.status(), terms.retries);
      if (interrupt().WaitFor(terms.retries.pause)) return response;
    }
  }

  // A stream from the coordinator, to its end: `take` gets each message, on this thread.
  template <class Request, class Response, class Take>
  absl::Status Read(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                        grpc::ClientContext*, const Request&),
                    const Request& request, const Take& take) {
    if (absl::Status text = CheckUtf8(request); !text.ok()) return text;
    Stub& connected = stub();
    CallContext context(interrupt());
    const auto reader = (connected.*method)(context.get(), request);
    Response response;
    while (reader->Read(&response)) {
      Arrived(response);
      take(response);
    }
    return ErrorOf(reader->Finish());
  }

 private:
  template <class Request, class Response>
  absl::StatusOr<Response> CallOnce(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Response*),
                                    const Request& request, std::chrono::seconds limit) {
    if (absl::Status text = CheckUtf8(request); !text.ok()) return text;
    Stub& connected = stub();
    CallContext context(interrupt());
    context.get()->set_deadline(std::chrono::system_clock::now() + limit);
    Response response;
    const grpc::Status status = (connected.*method)(context.get(), request, &response);
    if (!status.ok()) return ErrorOf(status);
    Arrived(response);
    return response;
  }

  CoordinatorChannel channel_;
  const bool exact_;
  std::unique_ptr<Stub> stub_;  // nullptr: not asked for yet
};

}  // namespace mlp::cli
