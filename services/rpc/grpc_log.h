// gRPC's own log.
#pragma once

namespace mlp::rpc {

// From now on in the program's log: errors as warnings, all else at level debug.
void LogWhatGrpcSays();

// While it lives, what gRPC says on this thread is logged at level debug: its errors come back as
// statuses that say more to a user.
class QuietGrpc {
 public:
  QuietGrpc();
  ~QuietGrpc();
  QuietGrpc(const QuietGrpc&) = delete;
  QuietGrpc& operator=(const QuietGrpc&) = delete;
};

}  // namespace mlp::rpc
