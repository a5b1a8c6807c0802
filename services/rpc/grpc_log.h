// The handling of gRPC's and libprotobuf's own logs.
#pragma once

namespace mlp::rpc {

// Sends what gRPC and libprotobuf say to the program's log from now on: errors as warnings, all
// else at level debug. Peers can cause them at will: of those that one line of their code says, one
// a second is logged, with the number of those that were left out since the one before.
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
