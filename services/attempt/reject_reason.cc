#include "services/attempt/reject_reason.h"

namespace mlp {

const char* ReasonText(RejectReason reason) {
  switch (reason) {
    case RejectReason::kUnstated:
      break;
    case RejectReason::kBusy:
      return "busy";
    case RejectReason::kLoad:
      return "injected load";
    case RejectReason::kShuttingDown:
      return "shutting down";
    case RejectReason::kParametersUnknown:
      return "parameters unknown";
  }
  return "no reason given";
}

}  // namespace mlp
