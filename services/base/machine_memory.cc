#include "services/base/machine_memory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/base/bytes_text.h"

namespace mlp {
namespace {

// A look costs some hundred microseconds. A process that has not got this much left fails anyway.
constexpr std::uint64_t kWorthALook = std::uint64_t{32} << 20;
constexpr std::size_t kDeepest = 64;

std::uint64_t MinusUpToZero(std::uint64_t a, std::uint64_t b) { return a - std::min(a, b); }

std::optional<std::uint64_t> NumberIn(absl::string_view text) {
  std::uint64_t number = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &number)) return std::nullopt;
  return number;
}

// The number behind `name` in lines of a name and a number; 0: there is none. A unit may follow.
std::uint64_t Field(absl::string_view lines, absl::string_view name) {
  for (const absl::string_view line : absl::StrSplit(lines, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() >= 2 && words[0] == name) return NumberIn(words[1]).value_or(0);
  }
  return 0;
}

struct Mount {
  absl::string_view root, point;
  bool v2 = false;
};

// A line is "36 35 98:0 /root /point options … - type source super,options".
std::optional<Mount> MemoryMountIn(absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  const auto dash = std::ranges::find(words, "-");
  if (words.end() - dash < 4 || dash - words.begin() < 6) return std::nullopt;
  if (dash[1] == "cgroup2") return Mount{words[3], words[4], true};
  const std::vector<absl::string_view> options = absl::StrSplit(dash[3], ',');
  const bool memory = std::ranges::find(options, "memory") != options.end();
  if (dash[1] != "cgroup" || !memory) return std::nullopt;
  return Mount{words[3], words[4], false};
}

// The process's path in the hierarchy: lines are "4:memory:/path", of version 2 "0::/path".
std::optional<absl::string_view> PathIn(absl::string_view cgroup, bool v2) {
  for (const absl::string_view line : absl::StrSplit(cgroup, '\n')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() < 3) continue;
    const std::vector<absl::string_view> controllers = absl::StrSplit(parts[1], ',');
    const bool memory = std::ranges::find(controllers, "memory") != controllers.end();
    if (v2 ? parts[0] == "0" && parts[1].empty() : memory) return parts[2];
  }
  return std::nullopt;
}

// The directory of a path, which is given from the hierarchy's own top.
std::string DirectoryOf(const Mount& mount, absl::string_view path) {
  absl::string_view below = path;
  if (mount.root != "/" && !absl::ConsumePrefix(&below, mount.root)) below = "";
  // A path out of a namespace begins with "/..": the group cannot be seen, but the mount's can.
  if (absl::StrContains(below, "..")) below = "";
  if (!below.empty() && below.front() != '/') below = "";  // another group with a longer name
  below = absl::StripSuffix(below, "/");
  return absl::StrCat(mount.point, below);
}

}  // namespace

MachineMemory Tightest(const std::vector<MemoryBound>& bounds, std::uint64_t held) {
  MachineMemory memory;
  for (const MemoryBound& bound : bounds) {
    if (bound.limit < memory.limit) {
      memory.limit = bound.limit;
      memory.limited_by = bound.whose;
    }
    const std::uint64_t left = MinusUpToZero(bound.limit, MinusUpToZero(bound.used, held));
    if (left < memory.available) {
      memory.available = left;
      memory.short_of = bound.whose;
    }
  }
  return memory;
}

absl::Status CheckMemory(const std::string& what, std::uint64_t needed, const LookAtMemory& look) {
  if (!look || needed < kWorthALook) return absl::OkStatus();
  const MachineMemory memory = look();
  if (needed > memory.limit) {
    return absl::ResourceExhaustedError(
        absl::StrCat("not enough memory: ", what, " needs about ", RoughBytes(needed), ", and ",
                     memory.limited_by, " allows ", RoughBytes(memory.limit)));
  }
  if (needed > memory.available) {
    return absl::UnavailableError(absl::StrCat(
        "not enough memory now: ", what, " needs about ", RoughBytes(needed), ", and of ",
        memory.short_of, " about ", RoughBytes(memory.available), " are left"));
  }
  return absl::OkStatus();
}

absl::Status CheckMemoryOrDrop(const std::string& what, std::uint64_t needed,
                               const LookAtMemory& look, const std::function<void()>& drop) {
  absl::Status fits = CheckMemory(what, needed, look);
  if (!absl::IsUnavailable(fits)) return fits;
  drop();
  return CheckMemory(what, needed, look);
}

std::optional<MemoryBound> MachineBound(const std::string& meminfo) {
  const std::uint64_t total = Field(meminfo, "MemTotal:") * 1024;
  const std::uint64_t available = Field(meminfo, "MemAvailable:") * 1024;
  if (total == 0 || available == 0) return std::nullopt;
  return MemoryBound{"the machine", total, MinusUpToZero(total, available)};
}

std::optional<MemoryBound> AddressSpaceBound(const std::string& statm, std::uint64_t page_bytes,
                                             std::uint64_t limit) {
  const std::vector<absl::string_view> words = absl::StrSplit(statm, ' ');
  const std::optional<std::uint64_t> pages = NumberIn(words.front());
  if (!pages) return std::nullopt;
  return MemoryBound{"the address space (ulimit -v)", limit, *pages * page_bytes};
}

std::vector<MemoryCgroup> MemoryCgroupsIn(const std::string& cgroup, const std::string& mountinfo) {
  std::vector<MemoryCgroup> groups;
  for (const absl::string_view line : absl::StrSplit(mountinfo, '\n')) {
    const std::optional<Mount> mount = MemoryMountIn(line);
    if (!mount) continue;
    const auto path = PathIn(cgroup, mount->v2);
    if (!path) continue;
    groups.push_back({std::string(mount->point), DirectoryOf(*mount, *path), mount->v2});
  }
  return groups;
}

std::vector<std::string> DirectoriesOf(const MemoryCgroup& group) {
  std::vector<std::string> directories;
  std::string directory = group.directory;
  while (directories.size() < kDeepest && absl::StartsWith(directory, group.mount)) {
    directories.push_back(directory);
    directory.resize(directory.rfind('/') == std::string::npos ? 0 : directory.rfind('/'));
    if (directory.empty()) break;
  }
  return directories;
}

std::optional<MemoryBound> CgroupBound(bool v2, const std::string& limit, const std::string& usage,
                                       const std::string& stat) {
  const std::optional<std::uint64_t> most = NumberIn(limit), used = NumberIn(usage);
  if (!most || !used) return std::nullopt;  // "max": there is no limit
  const std::string total = v2 ? "" : "total_";
  const std::uint64_t files = Field(stat, absl::StrCat(total, "inactive_file")) +
                              Field(stat, absl::StrCat(total, "active_file"));
  return MemoryBound{"its memory cgroup", *most, MinusUpToZero(*used, files)};
}

}  // namespace mlp
