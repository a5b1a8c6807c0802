#include "services/base/machine_memory.h"

#include <catch2/catch.hpp>

#include "absl/status/statusor.h"
#include "services/base/bytes_text.h"
#include "services/base/out_of_memory.h"

namespace mlp {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

TEST_CASE("numbers of bytes are told with two digits or three") {
  CHECK(RoughBytes(0) == "0 B");
  CHECK(RoughBytes(1023) == "1023 B");
  CHECK(RoughBytes(1024) == "1.0 KiB");
  CHECK(RoughBytes(24 * kMiB) == "24 MiB");
  CHECK(RoughBytes(383 * kMiB) == "380 MiB");
  CHECK(RoughBytes(1200 * kMiB) == "1.2 GiB");
  CHECK(RoughBytes(UINT64_MAX) == "16 EiB");
}

TEST_CASE("an allocation that fails is an error that says what needed how much") {
  const auto fails = [](const char* what, std::uint64_t bytes, auto work) {
    return WithinMemory(what, bytes, std::move(work))();
  };
  const auto no_room = []() -> absl::StatusOr<int> { throw std::bad_alloc(); };
  const auto too_long = []() -> absl::Status { throw std::length_error("vector"); };
  CHECK(fails("the task", 240 * kMiB, no_room).status().ToString() ==
        "RESOURCE_EXHAUSTED: not enough memory: the task needs about 240 MiB");
  CHECK(fails("the message", 0, too_long).ToString() ==
        "RESOURCE_EXHAUSTED: not enough memory for the message");
  CHECK(fails("the task", 1, []() -> absl::StatusOr<int> { return 7; }).value() == 7);
}

TEST_CASE("the tightest bound counts, and pages that the allocator holds are to be had") {
  const std::vector<MemoryBound> bounds = {{"the machine", 1000, 900}, {"its group", 400, 250}};
  const MachineMemory memory = Tightest(bounds);
  CHECK(memory.limit == 400);
  CHECK(memory.limited_by == "its group");
  CHECK(memory.available == 100);
  CHECK(memory.short_of == "the machine");
  CHECK(Tightest(bounds, 60).available == 160);
  CHECK(Tightest(bounds, 5000).available == 400);
  CHECK(Tightest({}).available == UINT64_MAX);
  CHECK(Tightest({{"over its limit", 100, 150}}).available == 0);
}

TEST_CASE("what can never fit is refused for good, what does not fit now may be tried again") {
  const LookAtMemory look = [] {
    return MachineMemory{400 * kMiB, "its memory cgroup", 100 * kMiB, "the machine"};
  };
  CHECK(CheckMemory("the task", 90 * kMiB, look).ok());
  CHECK(CheckMemory("the task", 300 * kMiB, look).ToString() ==
        "UNAVAILABLE: not enough memory now: the task needs about 300 MiB, and of the machine "
        "about 100 MiB are left");
  CHECK(CheckMemory("the task", 1024 * kMiB, look).ToString() ==
        "RESOURCE_EXHAUSTED: not enough memory: the task needs about 1.0 GiB, and its memory "
        "cgroup allows 400 MiB");
  CHECK(CheckMemory("the task", UINT64_MAX, {}).ok());
  bool looked = false;
  const LookAtMemory none = [&looked] { return looked = true, MachineMemory{0, "", 0, ""}; };
  CHECK(CheckMemory("a small task", kMiB, none).ok());
  CHECK_FALSE(looked);
}

TEST_CASE("the machine's memory is what /proc/meminfo says is available") {
  const auto bound = MachineBound("MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:  300 kB\n");
  REQUIRE(bound);
  CHECK(bound->limit == 1000 * 1024);
  CHECK(bound->used == 700 * 1024);
  CHECK_FALSE(MachineBound(""));
  CHECK_FALSE(MachineBound("MemTotal: many kB\nMemAvailable: some kB\n"));
  CHECK(AddressSpaceBound("25 7 3 1 0 2 0\n", 4096, 1'000'000)->used == 25 * 4096);
  CHECK_FALSE(AddressSpaceBound("", 4096, 1'000'000));
}

TEST_CASE("the limits of the process's cgroup and of all above it hold") {
  const auto groups =
      MemoryCgroupsIn("12:cpu:/other\n4:memory:/jobs/mlp\n0::/system/mlp\n",
                      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
                      "36 31 0:33 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu\n"
                      "37 31 0:34 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n");
  REQUIRE(groups.size() == 2);
  CHECK_FALSE(groups[0].v2);
  CHECK(DirectoriesOf(groups[0]) == std::vector<std::string>{"/sys/fs/cgroup/memory/jobs/mlp",
                                                             "/sys/fs/cgroup/memory/jobs",
                                                             "/sys/fs/cgroup/memory"});
  CHECK(groups[1].v2);
  CHECK(groups[1].directory == "/sys/fs/cgroup/unified/system/mlp");
}

TEST_CASE("in a container the cgroup's mount may begin at the container's own group") {
  const auto in_container = [](const std::string& path) {
    return MemoryCgroupsIn("0::" + path + "\n",
                           "37 31 0:34 /docker/a1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n")
        .at(0)
        .directory;
  };
  CHECK(in_container("/docker/a1") == "/sys/fs/cgroup");
  CHECK(in_container("/docker/a1/inner") == "/sys/fs/cgroup/inner");
  CHECK(in_container("/elsewhere") == "/sys/fs/cgroup");
  CHECK(in_container("/docker/a12") == "/sys/fs/cgroup");
  CHECK(in_container("/docker/a1/../../x") == "/sys/fs/cgroup");
  const auto top = MemoryCgroupsIn("0::/\n", "37 31 0:34 / /sys/fs/cgroup rw - cgroup2 c rw\n");
  CHECK(DirectoriesOf(top.at(0)) == std::vector<std::string>{"/sys/fs/cgroup"});
}

TEST_CASE("a cgroup's bound leaves out files that the kernel drops when memory is needed") {
  const std::string stat = "anon 1\nactive_file 30\ninactive_file 20\n";
  const std::string old_stat = "inactive_file 1\ntotal_active_file 40\ntotal_inactive_file 20\n";
  CHECK(CgroupBound(true, "400\n", "250\n", stat)->used == 200);
  CHECK(CgroupBound(false, "400\n", "250\n", old_stat)->used == 190);
  CHECK(CgroupBound(true, "400\n", "30\n", stat)->used == 0);
  CHECK_FALSE(CgroupBound(true, "max\n", "250\n", stat));
  CHECK_FALSE(CgroupBound(true, "", "", ""));
}

TEST_CASE("files of limits that make no sense give no bound") {
  CHECK(MemoryCgroupsIn("", "").empty());
  CHECK(MemoryCgroupsIn("0", "1 2 3\n- - -\n a b c d e f - cgroup2 x y\n").empty());
  CHECK(MemoryCgroupsIn("0::/a\n", "a b c / /m o - cgroup2\n").empty());
  const MemoryCgroup deep{"/m", "/m" + std::string(1000, '/'), true};
  CHECK(DirectoriesOf(deep).size() == 64);
}

}  // namespace
}  // namespace mlp
