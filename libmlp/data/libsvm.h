// Records of LIBSVM's (SVMlight's) text: a line is "label index:value index:value … # comment",
// with indices from 1 in ascending order; features without an index are 0. Lines without a label
// are skipped.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/data/csv_reader.h"

namespace mlp {

// Tells whether the first line of `text` that is no comment is a number and an index:value.
bool LooksLikeLibsvm(std::string_view text);

struct LibsvmShape {
  std::size_t rows = 0;      // 1 or more
  std::size_t features = 0;  // the greatest index, 1 or more
};

// Goes through all of `text`. InvalidArgument, with file, line and column: no line, what is no
// number, no ":", an index that is no whole number from 1 to kMaxCells - 1 or not greater than the
// one before.
absl::StatusOr<LibsvmShape> MeasureLibsvm(std::string_view text, std::string_view name);

// Hands `take` every line, in order, as a record of so many features and the label. Returns the
// first error of `take`. Other errors are MeasureLibsvm's, and an index beyond `features`.
absl::Status ForEachLibsvmRecord(std::string_view text, std::string_view name, std::size_t features,
                                 const std::function<absl::Status(const CsvRecord&)>& take);

}  // namespace mlp
