// Records of a NumPy array file (.npy, format versions 1 to 3): two dimensions in C order, of
// little-endian floats, integers or booleans.
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "libmlp/data/csv_reader.h"

namespace mlp {

bool LooksLikeNpy(std::string_view bytes);

// Every row, in order, as a record of its numbers, until `take` returns an error, which is
// returned. A cell's place is its row and column, from 1. InvalidArgument: no such array, another
// type, order or number of dimensions, no row or column, more or fewer bytes than the shape says;
// the place of what is wrong with the header, which is the file's first line, is its byte.
absl::Status ForEachNpyRecord(std::string_view bytes, std::string_view name,
                              const std::function<absl::Status(const CsvRecord&)>& take);

}  // namespace mlp
