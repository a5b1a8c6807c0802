#include "services/rpc/unknown_calls.h"

#include <grpcpp/server_context.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "services/async/task.h"
#include "services/rpc/completion.h"
#include "services/rpc/status.h"

namespace mlp::rpc {
namespace {

// Number of such calls that can arrive at once without waiting for the loop.
constexpr int kOutstanding = 2;

struct Program {
  std::string_view service;
  std::string_view name;
};

constexpr std::array<Program, 6> kPrograms = {{{"mlp.v1.NodeService", "mlp-node"},
                                               {"mlp.v1.JobService", "mlp-coordinator"},
                                               {"mlp.v1.ClusterService", "mlp-coordinator"},
                                               {"mlp.v1.DatasetService", "mlp-coordinator"},
                                               {"mlp.v1.ModelService", "mlp-coordinator"},
                                               {"mlp.v1.PredictService", "mlp-coordinator"}}};

// Returns the program that serves the service; empty if none of ours does.
std::string_view ProgramOf(std::string_view service) {
  const auto* const found = std::ranges::find(kPrograms, service, &Program::service);
  return found == kPrograms.end() ? "" : found->name;
}

std::string_view ProgramOf(const std::vector<std::string>& services) {
  std::string_view name;
  for (const std::string& service : services) {
    if (name.empty()) name = ProgramOf(service);
  }
  return name;
}

async::Task<> ServeOneUnknownCall(Server& server, grpc::AsyncGenericService& calls,
                                  const std::vector<std::string>& services) {
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream(&context);
  const bool accepted = co_await Completion([&](void* tag) {
    calls.RequestCall(&context, &stream, server.queue(), server.queue(), tag);
  });
  if (!accepted) co_return;
  server.tasks().Spawn(ServeOneUnknownCall(server, calls, services));  // the next call

  const std::string peer = context.peer();
  if (!server.Took(peer)) co_return;
  const grpc::Status status = ToGrpcStatus(UnknownCall(context.method(), services));
  const bool alive = co_await Completion([&](void* tag) { stream.Finish(status, tag); });
  if (!alive) server.Abandoned(peer);
}

}  // namespace

absl::Status UnknownCall(std::string_view method, const std::vector<std::string>& services) {
  const std::string_view path = method.starts_with('/') ? method.substr(1) : method;
  const std::string service(path.substr(0, path.find('/')));
  const std::string here(ProgramOf(services));
  const std::string wanted(ProgramOf(service));
  const std::string who = here.empty() ? "this server" : absl::StrCat("this ", here);
  if (std::ranges::find(services, service) != services.end()) {
    return absl::UnimplementedError(
        absl::StrCat(who, " has no call ", std::string(path), "; is it of another version?"));
  }
  if (here.empty() || wanted.empty() || here == wanted) {
    return absl::UnimplementedError(
        absl::StrCat(who, " does not serve ", service, "; is the address right?"));
  }
  return absl::UnimplementedError(absl::StrCat("this is an ", here, ", not an ", wanted));
}

void ServeUnknownCalls(Server& server, grpc::AsyncGenericService& calls,
                       const std::vector<std::string>& services) {
  for (int i = 0; i < kOutstanding; ++i) {
    server.tasks().Spawn(ServeOneUnknownCall(server, calls, services));
  }
}

}  // namespace mlp::rpc
