// PredictService over gRPC. Arithmetic runs on workers. Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "mlp/v1/predict.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/coordinator/run/coordinator.h"
#include "services/coordinator/run/model_cache.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

class PredictServiceHandlers {
 public:
  // Both outlive the server's loop.
  PredictServiceHandlers(Coordinator& coordinator, async::Workers& workers)
      : coordinator_(coordinator), workers_(workers) {}

  // Begins to answer the calls. Must outlive the server's loop.
  void Serve(rpc::Server& server, v1::PredictService::AsyncService& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::PredictResponse> Predict(const v1::PredictRequest& request);
  // From the cache, or else from the store.
  Reply<std::shared_ptr<const Model>> Load(std::string id);

  Coordinator& coordinator_;
  async::Workers& workers_;
  ModelCache cache_;
};

}  // namespace mlp::coordinator
