#include "cli/model/model_import.h"

#include "absl/strings/str_cat.h"
#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "services/model/model_file.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

absl::StatusOr<v1::ModelSummary> Send(Connection& connection, const std::string& name,
                                      const std::string& bytes) {
  grpc::ClientContext context;
  const Interrupt::Cancels cancels(connection.interrupt(), context);
  v1::ImportModelResponse response;
  const auto writer = connection.models().ImportModel(&context, &response);
  v1::ImportModelRequest piece;
  piece.set_name(name);
  piece.set_bytes(static_cast<std::int64_t>(bytes.size()));
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    piece.set_chunk(bytes.substr(at, kPiece));
    if (!writer->Write(piece)) break;  // Finish says why
    piece.Clear();
  }
  writer->WritesDone();
  const absl::Status status = rpc::FromGrpcStatus(writer->Finish());
  if (!status.ok()) return status;
  return response.model();
}

}  // namespace

int Run(const Session& session, const ModelImportCommand& command) {
  const absl::StatusOr<model::SavedModel> model = model::ReadFile(command.file);
  if (!model.ok()) return Fail(session, model.status());
  Connection connection(session.coordinator, session.interrupt);
  const auto imported = Send(connection, command.name, model::ToProto(*model).SerializeAsString());
  if (!imported.ok()) return Fail(session, imported.status());
  session.terminal.out << (session.json
                               ? Json(*imported)
                               : absl::StrCat(imported->id(), " was imported, model digest ",
                                              imported->model_digest()))
                       << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
