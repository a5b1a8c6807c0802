// Reads a table's file (CSV, LIBSVM or NumPy, also gzipped).
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "libmlp/data/table.h"

namespace mlp::cli {

struct TableOptions {
  SchemaOptions schema;
  TableFormat format = TableFormat::kAuto;
  char separator = ',';
};

// Reads a table as it is. NotFound, InvalidArgument with file, line, column and what to do.
absl::StatusOr<TableFile> ReadTableFile(const std::filesystem::path& file,
                                        const TableOptions& options);

// Reads more rows of a table whose columns are `inferred`, from another file. Errors are the same.
absl::StatusOr<Table> ReadRowsFile(const std::filesystem::path& file, const Inferred& inferred,
                                   const TableOptions& options);

}  // namespace mlp::cli
