#include "services/base/bytes_text.h"

#include "absl/strings/str_format.h"

namespace mlp {

std::string RoughBytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  const char* const* unit = kUnits;
  while (value >= 1023.5) {
    value /= 1024;
    ++unit;
  }
  if (unit == kUnits) return absl::StrFormat("%d B", bytes);
  // Tens are enough of hundreds.
  if (value >= 99.5)
    return absl::StrFormat("%d %s", (static_cast<int>(value + 5) / 10) * 10, *unit);
  return absl::StrFormat("%.*f %s", value >= 9.95 ? 0 : 1, value, *unit);
}

}  // namespace mlp
