// `mlp-client dataset split FILE`: makes a dataset's directory of a table, or of another dataset's
// directory, standardised. Needs no coordinator.
#pragma once

#include <filesystem>

#include "cli/client/session.h"
#include "cli/dataset/read_table.h"
#include "cli/dataset/table_plan.h"

namespace mlp::cli {

struct DatasetSplitCommand {
  std::filesystem::path file;  // or directory
  TableOptions table;
  SplitOptions split;
  bool table_options_given = false;  // a directory has no use for them
  // If empty, the file's name without its endings, or the directory's name and "-standardized".
  std::filesystem::path out;
};

// The directory appears with all its files or not at all; one that has files is left alone.
int Run(const Session& session, const DatasetSplitCommand& command);

}  // namespace mlp::cli
