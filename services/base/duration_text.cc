#include "services/base/duration_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mlp {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::pair<std::string_view, nanoseconds>, 4> kUnits = {{
    {"ms", std::chrono::milliseconds(1)},
    {"s", std::chrono::seconds(1)},
    {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)},
}};
constexpr nanoseconds kLongest = std::chrono::hours(10'000);

}  // namespace

absl::StatusOr<nanoseconds> ParseDuration(std::string_view text) {
  if (text == "0") return nanoseconds(0);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  if (parsed.ec == std::errc() && number >= 0) {  // nan is not
    for (const auto& [name, length] : kUnits) {
      const double count = number * static_cast<double>(length.count());
      if (unit == name && count <= static_cast<double>(kLongest.count())) {
        return nanoseconds(std::llround(count));
      }
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(text),
                   "\" is not a duration: give a number and its unit, such as 20ms, 3s, 1m or 2h, "
                   "or 0; at most 10000h"));
}

std::string RoughDuration(nanoseconds duration) {
  const double ms = std::max(0.0, std::chrono::duration<double, std::milli>(duration).count());
  if (ms == 0) return "0 ms";
  if (ms < 0.95) return absl::StrFormat("%.1f ms", ms);
  if (ms < 99.5) return absl::StrFormat("%.0f ms", ms);
  if (ms < 9950) return absl::StrFormat("%.1f s", ms / 1000);
  const auto seconds = std::llround(ms / 1000);
  if (seconds < 60) return absl::StrFormat("%d s", seconds);
  if (seconds < 3600) return absl::StrFormat("%d min %02d s", seconds / 60, seconds % 60);
  return absl::StrFormat("%d h %02d min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace mlp
