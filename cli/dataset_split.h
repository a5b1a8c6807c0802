// `mlp-client dataset split FILE.csv`: makes a dataset of one file of rows. Needs no coordinator.
#pragma once

#include <filesystem>

#include "cli/session.h"
#include "cli/split_rows.h"

namespace mlp::cli {

struct DatasetSplitCommand {
  std::filesystem::path file;
  SplitOptions options;
  std::filesystem::path out;  // a directory; empty: the file's name without its ending
};

// The directory appears with all its files or not at all; one that has files is left alone.
int Run(const Session& session, const DatasetSplitCommand& command);

}  // namespace mlp::cli
