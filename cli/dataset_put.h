// `mlp-client dataset put DIR`: sends a dataset to the coordinator.
#pragma once

#include <filesystem>
#include <string>

#include "cli/session.h"

namespace mlp::cli {

struct DatasetPutCommand {
  std::filesystem::path directory;
  std::string name;  // empty: the directory's
};

// Sends what the coordinator lacks, and goes on where an earlier one broke off. The dataset appears
// when all of it is there.
int Run(const Session& session, const DatasetPutCommand& command);

}  // namespace mlp::cli
