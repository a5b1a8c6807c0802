// `mlp-client dataset rm NAME`: removes a dataset from the coordinator.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct DatasetRemoveCommand {
  std::string name;
};

int Run(const Session& session, const DatasetRemoveCommand& command);

}  // namespace mlp::cli
