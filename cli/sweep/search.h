// The settings that a sweep tries: all combinations of lists, or draws. Pure: the same axes and
// seed give the same settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cli/options/training_options.h"

namespace mlp::cli::sweep {

inline constexpr std::size_t kMaxTrials = 10'000;

// Numbers to draw from, min and max among them. All whole numbers have the same chance; on a
// logarithmic scale all ratios have. Numbers that need not be whole are rounded to four significant
// digits, so that users can type them.
struct Range {
  double min = 0;
  double max = 0;
  bool logarithmic = false;
  bool whole = false;
};

// An option that is varied, and the texts that it is set to.
struct Axis {
  const TrainingOption* option = nullptr;
  std::variant<std::vector<std::string>, Range> values;
};

using Setting = std::vector<std::string>;  // a text for each axis

// The number of different settings; kMaxTrials + 1 for any number beyond kMaxTrials.
std::size_t CountSettings(const std::vector<Axis>& axes);
// Every combination; the first axis varies slowest. The axes are lists.
std::vector<Setting> Grid(const std::vector<Axis>& axes);
// `count` different settings, or fewer if the axes have hardly more. The settings of a smaller
// count are the first ones of a larger count.
std::vector<Setting> Drawn(const std::vector<Axis>& axes, std::size_t count, std::uint64_t seed);

}  // namespace mlp::cli::sweep
