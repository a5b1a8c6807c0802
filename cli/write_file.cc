#include "cli/write_file.h"

#include <unistd.h>

#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace mlp::cli {

absl::Status WriteAtOnce(const std::filesystem::path& path, const std::string& bytes) {
  const std::filesystem::path part = absl::StrCat(path.string(), ".part-", getpid());
  std::ofstream file(part, std::ios::binary);
  file << bytes;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(part, path, error);
  if (file && !error) return absl::OkStatus();
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  return absl::PermissionDeniedError(absl::StrCat("cannot write ", path.string(),
                                                  error ? ": " + error.message() : "",
                                                  "; is its directory there and writable?"));
}

}  // namespace mlp::cli
