// A client for the coordinator's datasets, with a method for each call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/session.h"
#include "mlp/v1/dataset.pb.h"

namespace mlp::v1 {
class DatasetService;
}

namespace mlp::cli {

template <class Service>
class Connection;

// Connects, waits and ends calls as JobClient does. The time limits leave room for directories that
// the coordinator reads and checks, and for pieces that wait for others on a slow disk.
class DatasetClient {
 public:
  explicit DatasetClient(const Session& session);
  ~DatasetClient();
  DatasetClient(const DatasetClient&) = delete;
  DatasetClient& operator=(const DatasetClient&) = delete;

  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets();
  absl::StatusOr<v1::PlanDatasetResponse> PlanDataset(const v1::PlanDatasetRequest& request);
  absl::StatusOr<v1::WriteFileResponse> WriteFile(const v1::WriteFileRequest& request);
  absl::StatusOr<v1::CommitDatasetResponse> CommitDataset(const v1::CommitDatasetRequest& request);
  absl::StatusOr<v1::RemoveDatasetResponse> RemoveDataset(const std::string& name);
  // Passes on the pieces of a file in order, on this thread. Has no time limit.
  absl::Status GetFile(const std::string& sha256,
                       const std::function<void(const std::string& data)>& take);

  Interrupt& interrupt() const;

 private:
  const std::unique_ptr<Connection<v1::DatasetService>> connection_;
};

}  // namespace mlp::cli
