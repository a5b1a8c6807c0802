// Records of a NumPy array file (.npy, format versions 1 to 3): two dimensions in C order, of
// little-endian floats, integers or booleans.
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "libmlp/data/csv_reader.h"

namespace mlp {

bool LooksLikeNpy(std::string_view bytes);

// Hands `take` every row, in order, as a record of its numbers. Returns the first error of `take`.
// A cell's place is its row and column, from 1. InvalidArgument: no such array, another type, order
// or number of dimensions, no row or column, more or fewer bytes than the shape says. The header
// counts as the file's first line, so an error in it has line 1 and the byte as its column.
absl::Status ForEachNpyRecord(std::string_view bytes, std::string_view name,
                              const std::function<absl::Status(const CsvRecord&)>& take);

}  // namespace mlp
