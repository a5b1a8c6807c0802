// Files that the user asked for.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::cli {

// Writes a file so that whoever reads `path` sees the old one or all of the new one.
// PermissionDenied, with what to look at, if it cannot be written.
absl::Status WriteAtOnce(const std::filesystem::path& path, const std::string& bytes);

// Writes files, by name and content, each as WriteAtOnce does, into `directory`, which is made if
// it is not there. One that cannot be written does not keep the others from it. PermissionDenied,
// with the first that could not be made or written.
absl::Status WriteInto(const std::filesystem::path& directory,
                       const std::vector<std::pair<std::string, std::string>>& files);

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
