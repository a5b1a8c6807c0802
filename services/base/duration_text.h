// Durations as people type them on a command line.
#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp {

// A number and its unit, ms, s, m or h: "20ms", "1.5s", "1m"; or "0". At most 10,000 h.
// InvalidArgument says what it takes otherwise.
absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

}  // namespace mlp
