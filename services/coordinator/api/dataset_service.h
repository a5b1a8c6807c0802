// DatasetService over gRPC: messages in, the DatasetCatalog's answers out. Loop thread only.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mlp/v1/dataset.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/coordinator/datasets/dataset_catalog.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

class DatasetServiceHandlers {
 public:
  // Both outlive the server's loop.
  DatasetServiceHandlers(DatasetCatalog& catalog, async::Workers& workers)
      : catalog_(catalog), workers_(workers) {}

  // Begins to answer the calls. Must outlive the server's loop.
  void Serve(rpc::Server& server, v1::DatasetService::AsyncService& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::ListDatasetsResponse> ListDatasets();
  Reply<v1::PlanDatasetResponse> PlanDataset(const v1::PlanDatasetRequest& request);
  Reply<v1::WriteFileResponse> WriteFile(const v1::WriteFileRequest& request);
  Reply<v1::CommitDatasetResponse> CommitDataset(const v1::CommitDatasetRequest& request);
  Reply<v1::RemoveDatasetResponse> RemoveDataset(const v1::RemoveDatasetRequest& request);
  async::Task<absl::Status> GetFile(const v1::GetFileRequest& request,
                                    rpc::ServerStream<v1::GetFileResponse>& stream);

  DatasetCatalog& catalog_;
  async::Workers& workers_;
};

}  // namespace mlp::coordinator
