// The handling of gRPC's own log.
#pragma once

namespace mlp::rpc {

// Sends gRPC's messages to the program's log from now on: errors as warnings, all others at level
// debug.
void LogWhatGrpcSays();

// An object during whose life gRPC's messages on this thread are logged at level debug: its errors
// are returned as statuses, which say more to a user.
class QuietGrpc {
 public:
  QuietGrpc();
  ~QuietGrpc();
  QuietGrpc(const QuietGrpc&) = delete;
  QuietGrpc& operator=(const QuietGrpc&) = delete;
};

}  // namespace mlp::rpc
