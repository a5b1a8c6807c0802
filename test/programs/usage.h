// The resources of a process, as the system counts them.
#pragma once

#include <sys/types.h>

namespace mlp::test {

struct Usage {
  double memory = 0;     // resident, MiB
  double peak = 0;       // the most that was resident so far, or since ForgetPeak, MiB
  double processor = 0;  // seconds since its start
  int files = 0;         // open descriptors
  int threads = 0;
};

// Returns what a process uses; zeros once it has ended.
Usage UsageOf(pid_t process);
// Lets the peak of a process begin anew, at what it has now. Throws if that is not allowed.
void ForgetPeak(pid_t process);

}  // namespace mlp::test
