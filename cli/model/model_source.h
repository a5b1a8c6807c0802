// The models that commands take: files, and those of the coordinator.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/client/session.h"

namespace mlp::model {
struct SavedModel;
}  // namespace mlp::model

namespace mlp::cli {

// The help of commands that take a model.
inline constexpr const char* kModelHelp =
    "A model: the id of a job that succeeded, the id or name of an imported model, or a file that "
    "`model export` wrote (mlp, npz or json)";

// The file of that name if there is one, else the coordinator's model of that id.
absl::StatusOr<model::SavedModel> LoadModel(const Session& session, const std::string& source);

}  // namespace mlp::cli
