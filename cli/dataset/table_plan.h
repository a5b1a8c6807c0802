// Makes a dataset of a table.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "cli/dataset/dataset_plan.h"
#include "cli/dataset/deal_rows.h"
#include "cli/dataset/read_table.h"

namespace mlp::cli {

// The choices by which a table's rows become a dataset.
struct SplitOptions {
  std::filesystem::path validation_file;  // empty: a share of the rows
  DealOptions deal;
  bool standardize = true;
};

// Reads a table, deals its rows out, fills in what is missing and standardises. NotFound,
// InvalidArgument with file, line, column and what to do.
absl::StatusOr<DatasetPlan> PlanFromTable(const std::filesystem::path& file,
                                          const TableOptions& table, const SplitOptions& split);

}  // namespace mlp::cli
