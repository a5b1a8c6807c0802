// Looks at how much memory the machine, the process's cgroups and its limits leave it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "services/base/machine_memory.h"

namespace mlp::program {

// The bounds that hold for this process now. Files that are missing or cannot be read give none.
// `root` is the directory below which the machine's files are looked for. Takes some hundred
// microseconds. Any thread.
std::vector<MemoryBound> MemoryBounds(const std::filesystem::path& root = "/");

}  // namespace mlp::program
