#include "cli/sweep/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace mlp::cli::sweep {

std::string NumberText(double number) {
  constexpr double kWhole = 1e15;  // below, whole numbers are written without an exponent
  if (std::abs(number) < kWhole && number == std::trunc(number)) {
    return absl::StrCat(static_cast<std::int64_t>(number));
  }
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

}  // namespace mlp::cli::sweep
