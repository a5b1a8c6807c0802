// Directories that appear with all their files or not at all.
#pragma once

#include <filesystem>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::cli {

// Makes `directory` with the files that `write` puts into the directory `part`. AlreadyExists if it
// has files already; PermissionDenied if it cannot be made; else what `write` returns.
absl::Status MakeDirectory(
    const std::filesystem::path& directory,
    const std::function<absl::Status(const std::filesystem::path& part)>& write);

// A directory among the system's temporary files, removed with this object.
class TemporaryDirectory {
 public:
  // PermissionDenied if none can be made.
  static absl::StatusOr<TemporaryDirectory> Make();
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path);
  std::filesystem::path path_;  // empty: it was moved to another object
};

}  // namespace mlp::cli
