// The number of times that a call is tried again.
#pragma once

#include <chrono>

namespace mlp::cli {

// Patience with a coordinator that is not there.
struct RetryPolicy {
  int tries = 300;  // again, after the first one
  std::chrono::nanoseconds pause = std::chrono::seconds(1);
};

inline constexpr RetryPolicy kTryOnce{.tries = 0};

}  // namespace mlp::cli
