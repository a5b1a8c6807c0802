// `mlp-client dataset show WHAT`: shows what is in a table, a dataset's directory, or one of the
// coordinator's datasets.
#pragma once

#include <string>

#include "cli/client/session.h"
#include "cli/dataset/read_table.h"

namespace mlp::cli {

struct DatasetShowCommand {
  std::string what;    // a path of a file or directory that exists, or else a dataset's name
  TableOptions table;  // of a file
};

// Fetches the files of a coordinator's dataset.
int Run(const Session& session, const DatasetShowCommand& command);

}  // namespace mlp::cli
