#include "cli/client/model_client.h"

#include <cstddef>
#include <cstdint>

#include "cli/client/connection.h"
#include "mlp/v1/model_service.grpc.pb.h"

namespace mlp::cli {
namespace {

using ModelStub = v1::ModelService::Stub;

constexpr std::size_t kImportPiece = std::size_t{256} << 10;

}  // namespace

ModelClient::ModelClient(const Session& session)
    : connection_(std::make_unique<Connection<v1::ModelService>>(session)) {}

ModelClient::~ModelClient() = default;

absl::StatusOr<v1::ModelSummary> ModelClient::ImportModel(const std::string& name,
                                                          const std::string& bytes) {
  v1::ImportModelRequest piece;
  piece.set_name(name);
  if (absl::Status text = CheckUtf8(piece); !text.ok()) return text;
  ModelStub& stub = connection_->stub();
  CallContext context(connection_->interrupt());
  v1::ImportModelResponse response;
  const auto writer = stub.ImportModel(context.get(), &response);
  piece.set_bytes(static_cast<std::int64_t>(bytes.size()));
  for (std::size_t at = 0; at < bytes.size(); at += kImportPiece) {
    piece.set_chunk(bytes.substr(at, kImportPiece));
    if (!writer->Write(piece)) break;  // Finish says why
    piece.Clear();
  }
  writer->WritesDone();
  const absl::Status status = ErrorOf(writer->Finish());
  if (!status.ok()) return status;
  connection_->Arrived(response);
  return response.model();
}

absl::StatusOr<v1::ListModelsResponse> ModelClient::ListModels() {
  return connection_->Call(&ModelStub::ListModels, v1::ListModelsRequest());
}

absl::StatusOr<v1::RemoveModelResponse> ModelClient::RemoveModel(const std::string& id) {
  v1::RemoveModelRequest request;
  request.set_id(id);
  return connection_->Call(&ModelStub::RemoveModel, request);
}

}  // namespace mlp::cli
