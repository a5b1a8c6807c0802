// A dataset in the making: rows, and which file each goes to. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libmlp/data/table.h"

namespace mlp::cli {

struct DatasetPlan {
  struct File {
    std::string name;
    std::vector<std::size_t> rows;  // of `table`
  };
  Schema schema;
  Table table;
  std::vector<File> train;
  File validation;

  // The rows of all shards, in the order of the shards.
  std::vector<std::size_t> training_rows() const;
};

// Appends `rows`, which have the table's columns, and returns their numbers.
std::vector<std::size_t> Append(const Table& rows, Table& table);

struct FitOptions {
  bool impute = false;       // what is missing
  bool standardize = false;  // columns of numbers
};

// Fits the columns to the training rows as `options` say, then applies the schema to all rows.
// InvalidArgument, with `source`, if numbers are too large for that.
absl::Status FitColumns(const std::string& source, const FitOptions& options, DatasetPlan& plan);

}  // namespace mlp::cli
