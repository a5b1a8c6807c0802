#include "cli/sweep/nearest.h"

#include <algorithm>
#include <numeric>

namespace mlp::cli::sweep {
namespace {

constexpr std::size_t kNames = 3;

// The number of letters to insert, to remove or to replace.
std::size_t Changes(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);  // changes to each beginning of `to`
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string_view> Nearest(std::string_view word, std::vector<std::string_view> names) {
  std::ranges::stable_sort(names, {},
                           [word](std::string_view name) { return Changes(word, name); });
  names.resize(std::min(names.size(), kNames));
  return names;
}

}  // namespace mlp::cli::sweep
