// Files that the user asked for.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::cli {

// Writes a file so that whoever reads `path` sees the old one or all of the new one.
// PermissionDenied, with what to look at, if it cannot be written.
absl::Status WriteAtOnce(const std::filesystem::path& path, const std::string& bytes);

// A file that is written piece by piece. The pieces go to another file beside `path`, which takes
// its place at Finish and is removed without one. If `path` is no regular file, such as /dev/null
// or a pipe, they go to it directly.
class NewFile {
 public:
  static absl::StatusOr<NewFile> Open(const std::filesystem::path& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Errors are those of WriteAtOnce.
  absl::Status Write(std::string_view bytes);
  // Ends the file, which takes its place.
  absl::Status Finish();

 private:
  NewFile(const std::filesystem::path& path, bool direct);
  absl::Status Refused(const std::string& why) const;

  std::filesystem::path path_;
  std::filesystem::path part_;  // empty: there is none
  std::ofstream file_;
};

}  // namespace mlp::cli
