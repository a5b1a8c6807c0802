// A dataset in the making: rows from a table or a directory, and which file each goes to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/dataset/deal_rows.h"
#include "libmlp/data/table.h"

namespace mlp::cli {

struct TableOptions {
  SchemaOptions schema;
  TableFormat format = TableFormat::kAuto;
  char separator = ',';
  std::filesystem::path validation_file;  // empty: a share of the rows
  DealOptions deal;
  bool standardize = true;
};

struct DatasetPlan {
  struct File {
    std::string name;
    std::vector<std::size_t> rows;  // of `table`
  };
  Schema schema;
  Table table;
  std::vector<File> train;
  File validation;
  bool from_schema = false;  // of a directory: it had a schema

  std::vector<std::size_t> training_rows() const;  // in the order of the shards
};

// The bytes of a file; where gzip compressed them, what they were. NotFound, InvalidArgument.
absl::StatusOr<std::string> ReadTableFile(const std::filesystem::path& path);

// Reads a table as it is. NotFound, InvalidArgument with file, line, column and what to do.
absl::StatusOr<TableFile> ReadTableOf(const std::filesystem::path& file,
                                      const TableOptions& options);

// Reads a table, deals its rows out, fills in what is missing and standardises. NotFound,
// InvalidArgument with file, line, column and what to do.
absl::StatusOr<DatasetPlan> PlanFromTable(const std::filesystem::path& file,
                                          const TableOptions& options);

// The rows of a dataset's directory as they are, in its files.
absl::StatusOr<DatasetPlan> PlanFromDirectory(const std::filesystem::path& directory);
// The same, standardised over the rows of the shards; the files keep their names and rows.
// FailedPrecondition where they are standardised already; InvalidArgument where options for a table
// were given.
absl::StatusOr<DatasetPlan> PlanStandardized(const std::filesystem::path& directory,
                                             bool table_options_given);

// Writes the files and `schema.json` into `directory`, which is there and empty.
absl::Status WriteFiles(const DatasetPlan& plan, const std::filesystem::path& directory);

// "4 features, 3 classes (a, b, c)", "4 features, to predict price".
std::string ContentText(const Schema& schema);

// `path` without a "/" at its end.
std::filesystem::path WithoutSlash(const std::filesystem::path& path);
// A file's name without its endings: "iris" of "data/iris.csv.gz".
std::string StemOf(const std::filesystem::path& file);

}  // namespace mlp::cli
