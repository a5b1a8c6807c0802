// Directories that appear with all their files or not at all.
#pragma once

#include <filesystem>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::cli {

// Makes `directory` with what `write` puts into the one that it is given. AlreadyExists where files
// are in it; PermissionDenied where it cannot be made; what `write` returns.
absl::Status MakeDirectory(
    const std::filesystem::path& directory,
    const std::function<absl::Status(const std::filesystem::path& part)>& write);

// One for a while, among the system's temporary files.
class TemporaryDirectory {
 public:
  // PermissionDenied where there can be none.
  static absl::StatusOr<TemporaryDirectory> Make();
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path);
  std::filesystem::path path_;  // empty: it is another's now
};

}  // namespace mlp::cli
