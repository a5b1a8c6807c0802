// Deals rows out to shards and a validation file. Pure: the same classes, options and seed give the
// same rows, on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mlp::cli {

struct DealOptions {
  int shards = 4;           // 1 or more
  double validation = 0.2;  // share of the rows; 0: none, else less than 1
  std::uint64_t seed = 1;   // of the shuffle
};

struct Deal {
  std::vector<std::vector<std::size_t>> shards;  // shuffled; sizes differ by one row at most
  std::vector<std::size_t> validation;           // shuffled
};

// `classes[i]` is the class of row i. Of each class as large a share is validation rows, rounded,
// but at least one row and not all; shards have as much of it as others, give or take a row. There
// must be two rows of each class at least, or one with no validation.
Deal DealRows(std::span<const std::size_t> classes, const DealOptions& options);

}  // namespace mlp::cli
