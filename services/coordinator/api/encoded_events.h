// A cache of encoded events: each is encoded once for any number of watchers. Loop thread only.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "services/coordinator/job/job_event.h"

namespace mlp::coordinator {

class EncodedEvents {
 public:
  // Appends the event to `response`, an encoded WatchJobResponse, as the last of its `events`.
  void AppendTo(std::string& response, const std::shared_ptr<const JobEvent>& event);

 private:
  struct Slot {
    std::shared_ptr<const JobEvent> event;
    std::string bytes;
  };
  // The events that were asked for last, by sequence number.
  std::array<Slot, std::size_t{1024}> slots_;
};

}  // namespace mlp::coordinator
