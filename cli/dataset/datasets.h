// The commands on the coordinator's datasets as a whole: list and remove them.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

// `mlp-client dataset ls`.
struct DatasetListCommand {};

// `mlp-client dataset rm NAME`.
struct DatasetRemoveCommand {
  std::string name;
};

int Run(const Session& session, const DatasetListCommand& command);
int Run(const Session& session, const DatasetRemoveCommand& command);

}  // namespace mlp::cli
