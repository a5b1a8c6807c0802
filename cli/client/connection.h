// The line to a coordinator: its stubs, and unary calls that end by an answer, a time limit or an
// interrupt.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/client/interrupt.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/dataset.grpc.pb.h"
#include "mlp/v1/job.grpc.pb.h"
#include "mlp/v1/model_service.grpc.pb.h"
#include "services/rpc/status.h"

namespace mlp::cli {

// With a coordinator that does not answer.
struct RetryPolicy {
  int tries = 300;  // again, after the first one
  std::chrono::nanoseconds pause = std::chrono::seconds(1);
};

class Connection {
 public:
  // Connects when a stub is first asked for. Where no coordinator listens yet, that waits for it,
  // up to 2 s, and says so on `err`. `interrupt` and `err` must outlive it.
  Connection(std::string address, Interrupt& interrupt, std::ostream& err = std::cerr);

  v1::JobService::Stub& jobs() { return Connected(*jobs_); }
  v1::ClusterService::Stub& cluster() { return Connected(*cluster_); }
  v1::DatasetService::Stub& datasets() { return Connected(*datasets_); }
  v1::ModelService::Stub& models() { return Connected(*models_); }
  Interrupt& interrupt() { return interrupt_; }

  // connection.Call(connection.jobs(), &v1::JobService::Stub::GetJob, request)
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(
      Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, std::chrono::seconds limit = std::chrono::seconds(30)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + limit);
    const Interrupt::Cancels cancels(interrupt_, context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }

  // The same, again while the coordinator is not there. For calls that may be repeated.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> CallWithRetries(Stub& stub,
                                           grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                                           const Request& request, RetryPolicy patience = {}) {
    for (int left = patience.tries;; --left) {
      absl::StatusOr<Response> response = Call(stub, method, request);
      if (!absl::IsUnavailable(response.status()) || left == 0) return response;
      if (interrupt_.WaitFor(patience.pause)) return response;
    }
  }

 private:
  template <class Stub>
  Stub& Connected(Stub& stub) {
    AwaitCoordinator();
    return stub;
  }
  // Once: until it is connected, the time is over or there was an interrupt.
  void AwaitCoordinator();

  const std::string address_;
  Interrupt& interrupt_;
  std::ostream& err_;
  std::shared_ptr<grpc::Channel> channel_;  // nullptr: waited for
  std::unique_ptr<v1::JobService::Stub> jobs_;
  std::unique_ptr<v1::ClusterService::Stub> cluster_;
  std::unique_ptr<v1::DatasetService::Stub> datasets_;
  std::unique_ptr<v1::ModelService::Stub> models_;
};

}  // namespace mlp::cli
