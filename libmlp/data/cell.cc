#include "libmlp/data/cell.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

std::string_view WithoutBlanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// The longest beginning of `text` of at most `bytes` that ends with a whole character of UTF-8.
std::string_view Beginning(std::string_view text, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

std::optional<std::string> ParseNumber(std::string_view cell, double& value) {
  const std::string_view text = WithoutBlanks(cell);
  if (text.empty()) return "a number is missing";
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc::invalid_argument || end != last) return Quoted(cell) + " is not a number";
  if (error == std::errc::result_out_of_range) return Quoted(cell) + " is beyond float64's range";
  if (!std::isfinite(value)) return Quoted(cell) + " is not finite";
  return std::nullopt;
}

bool LooksLikeNumber(std::string_view cell) {
  const std::string_view text = WithoutBlanks(cell);
  const char* const last = text.data() + text.size();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), last, value);
  return error != std::errc::invalid_argument && end == last;
}

bool IsMissing(std::string_view cell) {
  const std::string_view text = WithoutBlanks(cell);
  if (text.size() > 4) return false;  // most cells
  return std::ranges::any_of(kMissingMarks, [&](std::string_view mark) {
    return absl::EqualsIgnoreCase(AbslView(text), AbslView(mark));
  });
}

std::string NumberText(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  return text.size() <= kShown ? absl::StrCat("'", AbslView(text), "'")
                               : absl::StrCat("'", AbslView(Beginning(text, kShown)), "…'");
}

}  // namespace mlp
