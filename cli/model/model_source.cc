#include "cli/model/model_source.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/model/model_file.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

// A serialised mlp.v1.Model.
absl::StatusOr<std::string> Fetch(Connection& connection, const std::string& id) {
  grpc::ClientContext context;
  const Interrupt::Cancels cancels(connection.interrupt(), context);
  v1::GetModelRequest request;
  request.set_id(id);
  const auto reader = connection.jobs().GetModel(&context, request);
  std::string bytes;
  v1::GetModelResponse response;
  while (reader->Read(&response)) bytes += response.chunk();
  const absl::Status status = rpc::FromGrpcStatus(reader->Finish());
  if (!status.ok()) return status;
  return bytes;
}

}  // namespace

absl::StatusOr<model::SavedModel> LoadModel(const Session& session, const std::string& source) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(source, ignored)) return model::ReadFile(source);
  // Nobody calls a job that.
  if (absl::StrContains(source, "/")) {
    return absl::NotFoundError(source + ": there is no such file");
  }
  if (std::filesystem::path(source).has_extension()) {
    Log(session,
        absl::StrCat("no file ", source, " is here; asking the coordinator for the model"));
  }
  Connection connection(session.coordinator, session.interrupt);
  const absl::StatusOr<std::string> bytes = Fetch(connection, source);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<model::SavedModel> model = model::Read(*bytes, source);
  if (model.ok()) return model;
  return absl::DataLossError(
      absl::StrCat("what arrived was damaged on its way; try again: ", model.status().message()));
}

}  // namespace mlp::cli
