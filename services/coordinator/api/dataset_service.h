// DatasetService over gRPC: messages in, the DatasetCatalog's answers out. Loop thread only, except
// before the server's start.
#pragma once

#include <memory>

#include "services/async/workers.h"
#include "services/coordinator/datasets/dataset_catalog.h"
#include "services/rpc/server.h"

namespace mlp::coordinator {

class DatasetService {
 public:
  DatasetService();
  ~DatasetService();

  // Returns the service to register with a server. It outlives the server.
  grpc::Service& grpc();
  // Answers the calls from the server's start on. The arguments outlive the server's loop.
  void Serve(rpc::Server& server, DatasetCatalog& catalog, async::Workers& workers);

 private:
  class Generated;
  class Handlers;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::coordinator
