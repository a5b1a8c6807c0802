// The check of what a node says about itself.
#pragma once

#include "absl/status/status.h"
#include "services/coordinator/membership/types.h"

namespace mlp::coordinator {

// InvalidArgument names the field whose text is too short, too long or has control characters.
absl::Status CheckHeartbeat(const NodeHeartbeat& heartbeat);

}  // namespace mlp::coordinator
