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

// `classes[i]` is the class of row i. Each class gives the same share of its rows to validation,
// rounded, but at least one row and not all. Shards have as many rows of a class as others, give or
// take one. A class must have at least two rows, or one if there is no validation.
Deal DealRows(std::span<const std::size_t> classes, const DealOptions& options);

}  // namespace mlp::cli
