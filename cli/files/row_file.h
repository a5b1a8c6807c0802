// The bytes of a file of rows, or of standard input, piece by piece, decompressed if they are
// gzip's.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libmlp/data/row_blocks.h"

namespace mlp::cli {

// A source for RowBlocks: `path`, or standard input if it is "-". NotFound.
absl::StatusOr<RowBlocks::Source> OpenRows(const std::string& path);

// The name of `path` in messages.
std::string NameOfRows(const std::string& path);

}  // namespace mlp::cli
