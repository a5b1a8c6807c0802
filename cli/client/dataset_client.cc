#include "cli/client/dataset_client.h"

#include "cli/client/connection.h"
#include "mlp/v1/dataset.grpc.pb.h"

namespace mlp::cli {
namespace {

using DatasetStub = v1::DatasetService::Stub;

// The coordinator reads and checks directories for the answer.
constexpr std::chrono::seconds kListLimit(300);
// A piece may wait for others on a slow disk, and the last one waits for the digest of all.
constexpr std::chrono::seconds kPieceLimit(300);
constexpr std::chrono::seconds kCommitLimit(600);

}  // namespace

DatasetClient::DatasetClient(const Session& session)
    : connection_(std::make_unique<Connection<v1::DatasetService>>(session)) {}

DatasetClient::~DatasetClient() = default;

absl::StatusOr<v1::ListDatasetsResponse> DatasetClient::ListDatasets() {
  return connection_->Call(&DatasetStub::ListDatasets, v1::ListDatasetsRequest(),
                           {.limit = kListLimit});
}

absl::StatusOr<v1::PlanDatasetResponse> DatasetClient::PlanDataset(
    const v1::PlanDatasetRequest& request) {
  return connection_->Call(&DatasetStub::PlanDataset, request);
}

absl::StatusOr<v1::WriteFileResponse> DatasetClient::WriteFile(
    const v1::WriteFileRequest& request) {
  return connection_->Call(&DatasetStub::WriteFile, request, {.limit = kPieceLimit});
}

absl::StatusOr<v1::CommitDatasetResponse> DatasetClient::CommitDataset(
    const v1::CommitDatasetRequest& request) {
  return connection_->Call(&DatasetStub::CommitDataset, request, {.limit = kCommitLimit});
}

absl::StatusOr<v1::RemoveDatasetResponse> DatasetClient::RemoveDataset(const std::string& name) {
  v1::RemoveDatasetRequest request;
  request.set_name(name);
  return connection_->Call(&DatasetStub::RemoveDataset, request);
}

absl::Status DatasetClient::GetFile(const std::string& sha256,
                                    const std::function<void(const std::string& data)>& take) {
  v1::GetFileRequest request;
  request.set_sha256(sha256);
  return connection_->Read(&DatasetStub::GetFile, request,
                           [&take](const v1::GetFileResponse& response) { take(response.data()); });
}

Interrupt& DatasetClient::interrupt() const { return connection_->interrupt(); }

}  // namespace mlp::cli
