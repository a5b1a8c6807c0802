#include "cli/model/model_source.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/client/job_client.h"
#include "services/model/model_file.h"
#include "services/model/saved_model.h"

namespace mlp::cli {

absl::StatusOr<model::SavedModel> LoadModel(const Session& session, const std::string& source) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(source, ignored)) return model::ReadFile(source);
  // No job is called that.
  if (absl::StrContains(source, "/")) {
    return absl::NotFoundError(source + ": there is no such file");
  }
  if (std::filesystem::path(source).has_extension()) {
    Log(session,
        absl::StrCat("no file ", source, " is here; asking the coordinator for the model"));
  }
  const absl::StatusOr<std::string> bytes = JobClient(session).GetModel(source);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<model::SavedModel> model = model::Read(*bytes, source);
  if (model.ok()) return model;
  return absl::DataLossError(
      absl::StrCat("what arrived was damaged on its way; try again: ", model.status().message()));
}

}  // namespace mlp::cli
