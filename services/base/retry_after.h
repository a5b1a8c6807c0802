// Errors that say when to try again.
#pragma once

#include <chrono>
#include <optional>

#include "absl/status/status.h"

namespace mlp {

// Returns `status` with the advice to try again after `delay`; message and other payloads are kept.
// OK stays OK.
absl::Status WithRetryAfter(absl::Status status, std::chrono::milliseconds delay);
// Returns the delay that `status` carries.
std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status);

}  // namespace mlp
