// Errors that a server answered, which a client tells from those of a connection that brought no
// answer.
#pragma once

#include "absl/status/status.h"

namespace mlp {

// Returns the same error, as one that a server answered. OK stays OK.
absl::Status Answered(absl::Status status);
bool IsAnswered(const absl::Status& status);

}  // namespace mlp
