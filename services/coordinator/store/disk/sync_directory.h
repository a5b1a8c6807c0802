// So that the names of files that were made in a directory survive what happens to the machine.
#pragma once

#include <filesystem>

namespace mlp::coordinator {

// Blocks until the disk has them. False, with errno, where it fails.
bool SyncDirectory(const std::filesystem::path& directory);

}  // namespace mlp::coordinator
