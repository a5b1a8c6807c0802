#include "cli/sweep/search.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/sweep/number_text.h"
#include "libmlp/kernels/draws.h"

namespace mlp::cli::sweep {
namespace {

constexpr std::size_t kDrawsForEach = 100;

using List = std::vector<std::string>;

// A draw from 0 to less than 1.
double Share(Draws& draws) { return static_cast<double>(draws.Next() >> 11) * 0x1p-53; }

double Between(double low, double high, bool logarithmic, Draws& draws) {
  const double share = Share(draws);
  if (!logarithmic) return low + (high - low) * share;
  return std::exp(std::log(low) + (std::log(high) - std::log(low)) * share);
}

std::string DrawnText(const Range& range, Draws& draws) {
  if (range.whole) {
    const double at = Between(range.min - 0.5, range.max + 0.5, range.logarithmic, draws);
    return NumberText(std::clamp(std::round(at), range.min, range.max));
  }
  const std::string text =
      absl::StrFormat("%.4g", Between(range.min, range.max, range.logarithmic, draws));
  double rounded = 0;
  if (!absl::SimpleAtod(text, &rounded)) return text;
  return NumberText(std::clamp(rounded, range.min, range.max));
}

std::string DrawnText(const List& list, Draws& draws) {
  return list[draws.Below(static_cast<std::uint32_t>(list.size()))];
}

std::size_t CountValues(const List& list) { return list.size(); }

std::size_t CountValues(const Range& range) {
  const double values = range.max - range.min + 1;
  if (!range.whole || values > static_cast<double>(kMaxTrials)) return kMaxTrials + 1;
  return static_cast<std::size_t>(values);
}

}  // namespace

std::size_t CountSettings(const std::vector<Axis>& axes) {
  std::size_t count = 1;
  for (const Axis& axis : axes) {
    const std::size_t values =
        std::visit([](const auto& values) { return CountValues(values); }, axis.values);
    count = std::min(count * std::min(values, kMaxTrials + 1), kMaxTrials + 1);
  }
  return count;
}

std::vector<Setting> Grid(const std::vector<Axis>& axes) {
  std::vector<Setting> settings = {{}};
  for (const Axis& axis : axes) {
    std::vector<Setting> longer;
    for (const Setting& setting : settings) {
      for (const std::string& text : std::get<List>(axis.values)) {
        longer.push_back(setting);
        longer.back().push_back(text);
      }
    }
    settings = std::move(longer);
  }
  return settings;
}

std::vector<Setting> Drawn(const std::vector<Axis>& axes, std::size_t count, std::uint64_t seed) {
  count = std::min(count, CountSettings(axes));
  std::vector<Setting> settings;
  std::set<Setting> seen;
  for (std::size_t i = 0; settings.size() < count && i < kDrawsForEach * count; ++i) {
    Setting setting;
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
      Draws draws(Mixed(seed, i, axis));
      setting.push_back(std::visit([&](const auto& values) { return DrawnText(values, draws); },
                                   axes[axis].values));
    }
    if (seen.insert(setting).second) settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace mlp::cli::sweep
