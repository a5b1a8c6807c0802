// How an attempt to train a shard ends if nothing fails.
#pragma once

#include <memory>
#include <variant>

#include "services/attempt/reject_reason.h"

namespace mlp {

struct Trained;

// A node keeps the result that it sends, and the coordinator sums and stores it: neither copies it.
using SharedTrained = std::shared_ptr<const Trained>;
using AttemptOutcome = std::variant<RejectReason, SharedTrained>;

}  // namespace mlp
