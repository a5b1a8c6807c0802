// Labelled rows, as text and in memory.
//
// A row is comma-separated numbers, the last one the class, a whole number from 0, or in regression
// the target, any finite number. CRLF and a missing final newline are fine, other empty lines are
// not. The number of features and classes comes from the data. Errors name file, line and column
// (both from 1; the column counts bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <xtensor/xtensor.hpp>

#include "absl/status/statusor.h"
#include "libmlp/data/label.h"
#include "libmlp/data/matrix.h"

namespace mlp {

struct Shard {
  Matrix<double> features;              // (rows, features)
  xt::xtensor<std::int32_t, 1> labels;  // (rows), 0 .. classes - 1; (0) in regression
  xt::xtensor<double, 1> targets = {};  // (rows) in regression; else (0)

  std::size_t rows() const { return features.shape(0); }
  std::size_t feature_count() const { return features.shape(1); }
  bool regression() const { return targets.size() > 0; }
  // Greatest label + 1; 1 in regression.
  std::size_t class_count() const;
};

// The sum over a regression shard's rows of (target - mean target)^2; 0 for classes.
double TotalSquares(const Shard& shard);

// Parses the text of one file; `name` is its name in errors. Blanks around a number are fine.
// InvalidArgument: empty file, empty line, ragged row, fewer than two columns, not a number, nan or
// inf, beyond the range of float64, class not a whole number from 0 to kMaxClasses - 1.
absl::StatusOr<Shard> ParseShard(std::string_view text, std::string_view name,
                                 LabelKind kind = LabelKind::kClass);

}  // namespace mlp
