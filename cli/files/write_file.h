// Files that the user asked for.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::cli {

// Whoever reads `path` sees the old file or all of the new one. PermissionDenied, with what to look
// at, where it cannot be written.
absl::Status WriteAtOnce(const std::filesystem::path& path, const std::string& bytes);

// The same for what is written piece by piece: it goes to another file beside `path`, which takes
// its place at the end, and is removed where there is none. What is no regular file, such as
// /dev/null or a pipe, is written to directly.
class NewFile {
 public:
  static absl::StatusOr<NewFile> Open(const std::filesystem::path& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Errors are those of WriteAtOnce.
  absl::Status Write(std::string_view bytes);
  // The end.
  absl::Status Finish();

 private:
  NewFile(const std::filesystem::path& path, bool direct);
  absl::Status Refused(const std::string& why) const;

  std::filesystem::path path_;
  std::filesystem::path part_;  // empty: there is none any more
  std::ofstream file_;
};

}  // namespace mlp::cli
