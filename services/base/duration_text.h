// Durations as people type and read them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp {

// Parses a number and its unit, ms, s, m or h: "20ms", "1.5s", "1m"; or "0". At most 10,000 h.
// InvalidArgument names the accepted forms for any other text.
absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// Returns about how long `duration` is, for sentences: "0.3 ms", "8 ms", "0.3 s", "1.2 s", "42 s",
// "2 min 05 s", "3 h 07 min". A negative duration is "0 ms".
std::string RoughDuration(std::chrono::nanoseconds duration);

}  // namespace mlp
