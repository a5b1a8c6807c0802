#include "services/coordinator/api/encoded_events.h"

#include "mlp/v1/job.pb.h"
#include "services/coordinator/proto/job_proto.h"

namespace mlp::coordinator {

void EncodedEvents::AppendTo(std::string& response, const std::shared_ptr<const JobEvent>& event) {
  Slot& slot = slots_[static_cast<std::size_t>(event->sequence) % slots_.size()];
  if (slot.event != event) {
    // Encoded messages, one after the other, decode as one message, their lists joined.
    v1::WatchJobResponse one;
    *one.add_events() = ToProto(*event);
    slot = {event, one.SerializeAsString()};
  }
  response += slot.bytes;
}

}  // namespace mlp::coordinator
