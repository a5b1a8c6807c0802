// `mlp-client dataset show WHAT`: what is in a table, a dataset's directory, or a dataset of the
// coordinator's.
#pragma once

#include <string>

#include "cli/client/session.h"
#include "cli/dataset/read_table.h"

namespace mlp::cli {

struct DatasetShowCommand {
  std::string what;    // a path of a file or directory that is there, or else a dataset's name
  TableOptions table;  // of a file
};

// Fetches the files of a coordinator's dataset.
int Run(const Session& session, const DatasetShowCommand& command);

}  // namespace mlp::cli
