// PredictService over gRPC. Arithmetic runs on workers. Loop thread only, except before the
// server's start.
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

  // Returns the service to register with a server. It outlives the server.
  grpc::Service& grpc();
  // Answers the calls from the server's start on. The arguments outlive the server's loop.
  void Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers);

 private:
  class Generated;
  class Handlers;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::coordinator
