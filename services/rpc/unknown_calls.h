// Answers to calls that a server does not serve.
//
// gRPC's own answer is UNIMPLEMENTED and nothing else. Most such calls come from a program with the
// address of a server of another kind, so the answer says what listens here.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "services/rpc/server.h"

namespace mlp::rpc {

// Returns the answer, Unimplemented, of a server of `services` to a call of `method`, such as
// "/mlp.v1.JobService/GetJob": "this is an mlp-node, not an mlp-coordinator". Any thread.
absl::Status UnknownCall(std::string_view method, const std::vector<std::string>& services);

// Answers every call that `server`, of `services`, serves in no other way. Call it before Start, on
// the thread that starts the server; all three must outlive it.
void ServeUnknownCalls(Server& server, grpc::AsyncGenericService& calls,
                       const std::vector<std::string>& services);

}  // namespace mlp::rpc
