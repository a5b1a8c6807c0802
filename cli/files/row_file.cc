#include "cli/files/row_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/files/gunzip.h"

namespace mlp::cli {
namespace {

constexpr std::size_t kReadPiece = std::size_t{1} << 18;

class RowFile {
 public:
  RowFile(int descriptor, std::string name)
      : descriptor_(descriptor), name_(std::move(name)), piece_(kReadPiece) {}
  ~RowFile() {
    if (descriptor_ != STDIN_FILENO) close(descriptor_);
  }
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  absl::StatusOr<std::string_view> Read() {
    ssize_t count = -1;
    do {
      count = read(descriptor_, piece_.data(), piece_.size());
    } while (count < 0 && errno == EINTR);
    if (count >= 0) return std::string_view(piece_.data(), static_cast<std::size_t>(count));
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": cannot be read: ", std::strerror(errno)));
  }

 private:
  const int descriptor_;
  const std::string name_;
  std::vector<char> piece_;
};

}  // namespace

absl::StatusOr<RowBlocks::Source> OpenRows(const std::string& path) {
  const int descriptor = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  auto file = std::make_shared<RowFile>(descriptor, NameOfRows(path));
  return Unpacked([file] { return file->Read(); }, NameOfRows(path));
}

std::string NameOfRows(const std::string& path) {
  return path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
}

}  // namespace mlp::cli
