// ModelService over gRPC. Loop thread only.
#pragma once

#include <cstddef>
#include <string>

#include "mlp/v1/model_service.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/coordinator/run/coordinator.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

// Of a model, serialised: the parameters of the largest one, and room for what is about them.
inline constexpr std::size_t kMaxModelBytes = 8 * kMaxParameters + (std::size_t{16} << 20);
// Of all models that are under way at once. Each is in memory until all of it is there.
inline constexpr std::size_t kMaxImportBytes = std::size_t{1} << 30;

class ModelServiceHandlers {
 public:
  // Both outlive the server's loop.
  ModelServiceHandlers(Coordinator& coordinator, async::Workers& workers)
      : coordinator_(coordinator), workers_(workers) {}

  // Begins to answer the calls. Must outlive the server's loop.
  void Serve(rpc::Server& server, v1::ModelService::AsyncService& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;
  using Pieces = rpc::RequestStream<v1::ImportModelResponse, v1::ImportModelRequest>;

  Reply<v1::ImportModelResponse> ImportModel(Pieces& pieces);
  Reply<std::string> Receive(v1::ImportModelRequest first, Pieces& pieces);
  Reply<v1::ListModelsResponse> ListModels();
  Reply<v1::RemoveModelResponse> RemoveModel(const v1::RemoveModelRequest& request);

  Coordinator& coordinator_;
  async::Workers& workers_;
  std::size_t importing_ = 0;  // bytes
};

}  // namespace mlp::coordinator
