// The options that say what a table's columns are, and how its rows become a dataset.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "cli/dataset/read_table.h"
#include "cli/dataset/table_plan.h"

namespace mlp::cli {

// Adds options that set `options`, which must outlive `app`, and returns the added ones.
std::vector<CLI::Option*> AddColumnOptions(CLI::App& app, TableOptions& options);
std::vector<CLI::Option*> AddSplitOptions(CLI::App& app, SplitOptions& options);
CLI::Option* AddSeparatorOption(CLI::App& app, char& separator);

}  // namespace mlp::cli
