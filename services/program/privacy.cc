#include "services/program/privacy.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

namespace mlp::program {

void KeepFilesPrivate() { umask(S_IRWXG | S_IRWXO); }

void KeepMemoryOutOfCoreDumps() {
  rlimit limit{};
  getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
  // The limit does not hold for dumps that go to a program. The filter does, and unlike a process
  // that is not dumpable, this one can still be looked at by its own user, with a debugger or in
  // /proc.
  std::ofstream filter("/proc/self/coredump_filter");
  filter << "0" << std::flush;
  if (!filter) prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace mlp::program
