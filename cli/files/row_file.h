// The bytes of a file of rows, or of standard input, piece by piece; unpacked where gzip compressed
// them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libmlp/data/row_blocks.h"

namespace mlp::cli {

// What a RowBlocks reads: `path`, or standard input where it is "-". NotFound.
absl::StatusOr<RowBlocks::Source> OpenRows(const std::string& path);

// What messages call it.
std::string NameOfRows(const std::string& path);

}  // namespace mlp::cli
