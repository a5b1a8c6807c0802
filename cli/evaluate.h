// `mlp-client evaluate ID FILE`: measures a model on the rows of a file.
#pragma once

#include <filesystem>
#include <string>

#include "cli/session.h"

namespace mlp::cli {

struct EvaluateCommand {
  std::string id;
  // Sent where it exists here, else the name of a file below the data directory of the coordinator.
  std::filesystem::path file;
};

int Run(const Session& session, const EvaluateCommand& command);

}  // namespace mlp::cli
