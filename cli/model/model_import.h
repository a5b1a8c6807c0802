// `mlp-client model import FILE`: gives the coordinator a model that `model export` wrote.
#pragma once

#include <filesystem>
#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct ModelImportCommand {
  std::filesystem::path file;
  std::string name;  // empty: the coordinator chooses "model-N"
};

int Run(const Session& session, const ModelImportCommand& command);

}  // namespace mlp::cli
