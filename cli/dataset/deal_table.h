// Deals the rows of a table out to shards and a validation file. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/dataset/deal_rows.h"
#include "libmlp/data/table.h"

namespace mlp::cli {

// Deals class by class, as DealRows does. Regression has one class. InvalidArgument, with `file`,
// line and what to do, if there are too few rows, in all or of a class.
absl::StatusOr<Deal> DealTable(const std::string& file, const TableFile& read,
                               const DealOptions& options);

}  // namespace mlp::cli
