// Deals the rows of one file out to shards and a validation file. Pure: the same text, options and
// seed give the same files, on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mlp::cli {

struct SplitOptions {
  int shards = 4;           // 1 or more
  double validation = 0.2;  // share of the rows, greater than 0 and less than 1
  std::uint64_t seed = 1;
};

struct SplitFiles {
  std::vector<std::string> train;  // the shards' texts; their rows differ by one at most
  std::string validation;
  std::size_t training_rows = 0;
  std::size_t validation_rows = 0;
};

// InvalidArgument where a row is malformed (`name`:line:column, as ParseShard says it) or there are
// too few rows for a row in every file.
absl::StatusOr<SplitFiles> SplitRows(std::string_view text, std::string_view name,
                                     const SplitOptions& options);

}  // namespace mlp::cli
