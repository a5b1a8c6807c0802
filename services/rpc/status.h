// absl::Status inside, google.rpc.Status outside: an error keeps its code, its message, the field
// that it blames (FieldOf, as BadRequest) and when to try again (RetryAfterOf, as RetryInfo).
//
// Every error of a server has details, if only its code and message again, and gRPC's own have
// none. So an error of a connection is told from an answer with the same code (IsAnswered).
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace mlp::rpc {

// Converts an error to UTF-8 text that fits into the metadata that every gRPC peer takes: other
// bytes are replaced by '?' and a message of more than about a kilobyte is cut.
grpc::Status ToGrpcStatus(const absl::Status& status);
// Converts back. Details that are missing, unknown or unreadable are left out. The message is UTF-8
// text of at most some kilobytes, whatever the peer sent. Unavailable and DeadlineExceeded are
// Answered if a server of ours sent them. Unimplemented has words, which gRPC's own answer lacks.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace mlp::rpc
