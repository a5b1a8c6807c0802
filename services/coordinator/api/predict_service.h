// PredictService over gRPC. Arithmetic runs on workers. Loop thread only, but for what comes before
// the server's start.
#pragma once

#include <memory>

#include "services/async/workers.h"
#include "services/coordinator/run/coordinator.h"
#include "services/rpc/server.h"

namespace mlp::coordinator {

class PredictService {
 public:
  PredictService();
  ~PredictService();

  // The service that a server has to be told of. Outlives the server.
  grpc::Service& grpc();
  // Answers the calls from the server's start on. What it is handed outlives the server's loop.
  void Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers);

 private:
  class Generated;
  class Handlers;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::coordinator
