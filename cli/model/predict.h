// `mlp-client predict MODEL FILE`: writes what a model predicts for the rows of a table, as CSV.
//
// At most two blocks of rows are in memory. OUT appears when all rows are there, or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct PredictCommand {
  std::string model;
  std::string file;              // "-": standard input
  std::filesystem::path output;  // empty: standard output
  char separator = ',';
  bool labels_only = false;  // no probabilities
};

int Run(const Session& session, const PredictCommand& command);

}  // namespace mlp::cli
