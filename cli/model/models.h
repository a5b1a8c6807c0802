// The commands on a coordinator's models: list, export, import and remove them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/client/session.h"
#include "services/model/model_file.h"

namespace mlp::cli {

// `mlp-client model ls`.
struct ModelListCommand {};

// `mlp-client model export MODEL -o FILE`: writes a model for other programs, and `mlp-client model
// ID -o FILE`, which writes it as it is. It is written only when all of it is there and its digest
// is right. A binary model never goes to a terminal.
struct ModelExportCommand {
  std::string model;
  std::optional<model::Format> format;  // none: what the ending of `output` says, or else mlp
  std::filesystem::path output;         // empty: standard output
};

// `mlp-client model import FILE`: gives the coordinator a model that `model export` wrote.
struct ModelImportCommand {
  std::filesystem::path file;
  std::string name;  // empty: the coordinator chooses "model-N"
};

// `mlp-client model rm ID`: has the coordinator forget an imported model.
struct ModelRemoveCommand {
  std::string id;
};

int Run(const Session& session, const ModelListCommand& command);
int Run(const Session& session, const ModelExportCommand& command);
int Run(const Session& session, const ModelImportCommand& command);
int Run(const Session& session, const ModelRemoveCommand& command);

}  // namespace mlp::cli
