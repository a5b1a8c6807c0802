// `mlp-client evaluate MODEL FILE`: measures a model on the rows of a file.
//
// A file that is here is read here, whatever its size, by the model's schema; any other name is
// that of a file below the coordinator's data directory.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct EvaluateCommand {
  std::string model;
  std::string file;  // "-": standard input
  char separator = ',';
};

int Run(const Session& session, const EvaluateCommand& command);

}  // namespace mlp::cli
