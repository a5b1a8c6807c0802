// The memory that this process may still take: the tightest of several bounds.
//
// Pure: the machine's files are read elsewhere (services/program/memory_bounds.h), and their texts
// are parsed here. A text that makes no sense gives no bound.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mlp {

// A bound, and how much of it is in use.
struct MemoryBound {
  std::string whose;  // "the machine", say
  std::uint64_t limit = 0;
  std::uint64_t used = 0;  // without what the kernel drops when it is needed, such as files
};

// The bounds taken together.
struct MachineMemory {
  std::uint64_t limit = UINT64_MAX;  // the least limit: never more than this
  std::string limited_by;
  std::uint64_t available = UINT64_MAX;  // the least that is left: no more than this now
  std::string short_of;                  // the bound that leaves it
};

// `held` bytes count as used, but are this process's to use again: its allocator has kept them.
MachineMemory Tightest(const std::vector<MemoryBound>& bounds, std::uint64_t held = 0);

// Looks at the machine now.
using LookAtMemory = std::function<MachineMemory()>;

// Ok if `what` (a task, say), which takes about `needed` bytes, fits into what is left.
// ResourceExhausted if it can never fit, Unavailable if it does not now. Ok without looking if
// `look` is empty or the need is too small to be worth a look at a dozen files.
absl::Status CheckMemory(const std::string& what, std::uint64_t needed, const LookAtMemory& look);

// The same, but looks again after drop() if it does not fit now: that frees what is only kept to be
// faster.
absl::Status CheckMemoryOrDrop(const std::string& what, std::uint64_t needed,
                               const LookAtMemory& look, const std::function<void()>& drop);

// ---- What the files say

// /proc/meminfo: the machine's memory.
std::optional<MemoryBound> MachineBound(const std::string& meminfo);
// The size of the address space, from /proc/self/statm, under the limit that `ulimit -v` sets.
std::optional<MemoryBound> AddressSpaceBound(const std::string& statm, std::uint64_t page_bytes,
                                             std::uint64_t limit);

// Where the files of a memory cgroup are, and which they are.
struct MemoryCgroup {
  std::string mount;      // the directory of the hierarchy's top, as far as it can be seen
  std::string directory;  // the process's own group: `mount` or below it
  bool v2 = false;
};
// The process's memory cgroups, of version 1 and 2, by /proc/self/cgroup and
// /proc/self/mountinfo. In a container the mount may begin at the container's own group.
std::vector<MemoryCgroup> MemoryCgroupsIn(const std::string& cgroup, const std::string& mountinfo);
// The directories whose limits hold: the process's group and all above it, at most 64.
std::vector<std::string> DirectoriesOf(const MemoryCgroup& group);
// A group's limit, usage and statistics, as its files say; nullopt if it has no limit.
std::optional<MemoryBound> CgroupBound(bool v2, const std::string& limit, const std::string& usage,
                                       const std::string& stat);

}  // namespace mlp
