// absl::Status inside, google.rpc.Status outside: an error keeps its code, its message, the field
// that it blames (FieldOf, as BadRequest) and when to try again (RetryAfterOf, as RetryInfo).
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace mlp::rpc {

// Converts an error to UTF-8 text that fits into the metadata that every gRPC peer takes: other
// bytes are replaced by '?' and a message of more than about a kilobyte is cut.
grpc::Status ToGrpcStatus(const absl::Status& status);
// Converts back. Details that are missing, unknown or unreadable are left out.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace mlp::rpc
