#include "services/program/memory_bounds.h"

#include <catch2/catch.hpp>

#include "test/support/scratch.h"

namespace mlp::program {
namespace {

TEST_CASE("the smallest limit along the hierarchy of cgroups is found") {
  const test::Scratch files;
  files.Write("proc/meminfo", "MemTotal: 4000 kB\nMemAvailable: 3000 kB\n");
  files.Write("proc/self/cgroup", "0::/pod/node\n");
  files.Write("proc/self/mountinfo", "37 31 0:34 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
  files.Write("sys/fs/cgroup/pod/memory.max", "1024000\n");
  files.Write("sys/fs/cgroup/pod/memory.current", "1000000\n");
  files.Write("sys/fs/cgroup/pod/memory.stat", "inactive_file 500000\n");
  files.Write("sys/fs/cgroup/pod/node/memory.max", "max\n");
  files.Write("sys/fs/cgroup/pod/node/memory.current", "900000\n");

  const MachineMemory memory = Tightest(MemoryBounds(files.path()));
  CHECK(memory.limit == 1'024'000);
  CHECK(memory.limited_by == "its memory cgroup");
  CHECK(memory.available == 524'000);
}

TEST_CASE("this machine has memory, and some of it is left") {
  const MachineMemory memory = Tightest(MemoryBounds());
  CHECK(memory.limit > 0);
  CHECK(memory.available <= memory.limit);
}

}  // namespace
}  // namespace mlp::program
