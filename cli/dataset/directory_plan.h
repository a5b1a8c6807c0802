// A dataset's directory, read into a plan and written from one.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/dataset/dataset_plan.h"

namespace mlp::cli {

// The rows of a dataset's directory as they are, in its files. NotFound, InvalidArgument.
absl::StatusOr<DatasetPlan> PlanFromDirectory(const std::filesystem::path& directory);

// The same, standardised over the rows of the shards; the files keep their names and rows.
// FailedPrecondition if they are standardised already; InvalidArgument if options for a table were
// given.
absl::StatusOr<DatasetPlan> PlanStandardized(const std::filesystem::path& directory,
                                             bool table_options_given);

// Writes the files and `schema.json` into `directory`, which exists and is empty.
absl::Status WriteFiles(const DatasetPlan& plan, const std::filesystem::path& directory);

}  // namespace mlp::cli
