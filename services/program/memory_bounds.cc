#include "services/program/memory_bounds.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace mlp::program {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // of a file, whose end is left out

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string text;
  char piece[4096];
  while (text.size() < kMostBytes && (file.read(piece, sizeof piece), file.gcount() > 0)) {
    text.append(piece, static_cast<std::size_t>(file.gcount()));
  }
  return text;
}

void Add(std::vector<MemoryBound>& bounds, std::optional<MemoryBound> bound) {
  if (bound) bounds.push_back(*std::move(bound));
}

std::optional<MemoryBound> BoundOf(const std::filesystem::path& directory, bool v2) {
  const char* const limit = v2 ? "memory.max" : "memory.limit_in_bytes";
  const char* const usage = v2 ? "memory.current" : "memory.usage_in_bytes";
  return CgroupBound(v2, TextOf(directory / limit), TextOf(directory / usage),
                     TextOf(directory / "memory.stat"));
}

}  // namespace

std::vector<MemoryBound> MemoryBounds(const std::filesystem::path& root) {
  std::vector<MemoryBound> bounds;
  Add(bounds, MachineBound(TextOf(root / "proc/meminfo")));
  rlimit address_space{};
  if (getrlimit(RLIMIT_AS, &address_space) == 0 && address_space.rlim_cur != RLIM_INFINITY) {
    Add(bounds, AddressSpaceBound(TextOf(root / "proc/self/statm"),
                                  static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
                                  address_space.rlim_cur));
  }
  const auto groups =
      MemoryCgroupsIn(TextOf(root / "proc/self/cgroup"), TextOf(root / "proc/self/mountinfo"));
  for (const MemoryCgroup& group : groups) {
    for (const std::string& directory : DirectoriesOf(group)) {
      const std::filesystem::path below = std::filesystem::path(directory).relative_path();
      Add(bounds, BoundOf(root / below, group.v2));
    }
  }
  return bounds;
}

}  // namespace mlp::program
