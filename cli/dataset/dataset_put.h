// `mlp-client dataset put PATH`: sends a dataset to the coordinator, from a directory as it is or
// from a table.
#pragma once

#include <filesystem>
#include <string>

#include "cli/client/session.h"
#include "cli/dataset/read_table.h"
#include "cli/dataset/table_plan.h"

namespace mlp::cli {

struct DatasetPutCommand {
  std::filesystem::path path;  // of a directory, or a file with a table
  std::string name;            // empty: the directory's or the file's
  TableOptions table;
  SplitOptions split;
  bool table_options_given = false;  // a directory has no use for them
  bool standardize = false;          // a directory's rows, too
};

// Sends the files that the coordinator lacks, and goes on where an earlier command broke off. The
// dataset appears when all of it is there.
int Run(const Session& session, const DatasetPutCommand& command);

}  // namespace mlp::cli
