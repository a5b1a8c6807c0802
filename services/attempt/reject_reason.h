// Why a node does not take a task that it is offered.
#pragma once

#include <cstdint>

namespace mlp {

enum class RejectReason : std::uint8_t {
  kUnstated,           // none that this version knows
  kBusy,               // it holds too many tasks already
  kLoad,               // injected load
  kShuttingDown,       // it takes nothing new any more
  kParametersUnknown,  // it does not have the parameters that the task refers to; send them again
};

// In words, for records and people. No decision may depend on them.
const char* ReasonText(RejectReason reason);

}  // namespace mlp
