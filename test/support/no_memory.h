// A process that gets no more memory, for tests.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

namespace mlp::test {

// Sanitizers reserve address space without end, and end the process if they get none.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kCanTakeMemoryAway = false;
#else
inline constexpr bool kCanTakeMemoryAway = true;
#endif

// Calls `work` while allocations beyond `spare` more bytes fail.
template <class Work>
void WithoutMemory(std::size_t spare, Work work) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  rlimit tight = before;
  tight.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + spare;
  setrlimit(RLIMIT_AS, &tight);
  work();
  setrlimit(RLIMIT_AS, &before);
}

}  // namespace mlp::test
