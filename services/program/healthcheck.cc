#include "services/program/healthcheck.h"

#include <grpc/health/v1/health.pb.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "services/base/address.h"
#include "services/base/answered.h"
#include "services/base/field_error.h"
#include "services/rpc/channel.h"
#include "services/rpc/loop.h"
#include "services/rpc/status.h"

namespace mlp::program {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

// Returns where to ask a server that listens at `listen`.
std::vector<std::string> AddressesOf(Address listen) {
  if (listen.host != "0.0.0.0" && listen.host != "::") return {ToString(listen)};
  std::vector<std::string> addresses;
  for (const char* host : {"127.0.0.1", "::1"}) {
    listen.host = host;
    addresses.push_back(ToString(listen));
  }
  return addresses;
}

}  // namespace

absl::Status CheckHealth(const std::string& address, const std::string& service,
                         std::chrono::milliseconds timeout) {
  HealthCheckRequest request;
  request.set_service(service);
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(timeout));
  grpc::CompletionQueue queue;
  grpc::TemplatedGenericStub<HealthCheckRequest, HealthCheckResponse> stub(
      rpc::MakeChannel(address));
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  HealthCheckResponse response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) return WithContext(address, rpc::FromGrpcStatus(status));
  if (response.status() == HealthCheckResponse::SERVING) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(address, ": health of service '", service, "' is ",
                   HealthCheckResponse::ServingStatus_Name(response.status())));
}

absl::Status CheckHealthOf(const std::string& listen, const std::string& service,
                           std::chrono::milliseconds timeout) {
  const auto address = ParseAddress(listen, AddressUse::kListen);
  if (!address.ok()) return address.status();
  if (address->path.empty() && address->port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(listen, ": give --listen the port that the server has taken"));
  }
  absl::Status first;
  for (const std::string& at : AddressesOf(*address)) {
    absl::Status status = CheckHealth(at, service, timeout);
    // A server that answers, or holds the call, is the one.
    if (!absl::IsUnavailable(status) || IsAnswered(status)) return status;
    first.Update(status);
  }
  return first;
}

}  // namespace mlp::program
