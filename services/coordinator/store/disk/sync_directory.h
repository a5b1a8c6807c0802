// Makes the names of files that were made in a directory survive a failure of the machine.
#pragma once

#include <filesystem>

namespace mlp::coordinator {

// Blocks until the names are on the disk. False, with errno, if it fails.
bool SyncDirectory(const std::filesystem::path& directory);

}  // namespace mlp::coordinator
