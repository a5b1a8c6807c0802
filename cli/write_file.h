// Files that the user asked for.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"

namespace mlp::cli {

// Whoever reads `path` sees the old file or all of the new one. PermissionDenied, with what to look
// at, where it cannot be written.
absl::Status WriteAtOnce(const std::filesystem::path& path, const std::string& bytes);

}  // namespace mlp::cli
