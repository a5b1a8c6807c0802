// The terms of nodes' leases.
#pragma once

#include <chrono>

#include "absl/status/status.h"

namespace mlp::coordinator {

// The terms of leases. A heartbeat is missed when it is half an interval late: jitter and a slow
// moment are no misses.
struct LeaseTerms {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);  // > 0
  int suspect_after = 2;                                        // heartbeats missed, 1 or more
  int dead_after = 3;                                           // more than suspect_after

  std::chrono::nanoseconds Missed(int heartbeats) const {
    return interval * heartbeats + interval / 2;
  }
};

// Checks the terms. InvalidArgument says which one is beyond its range.
absl::Status CheckLeaseTerms(const LeaseTerms& terms);

}  // namespace mlp::coordinator
