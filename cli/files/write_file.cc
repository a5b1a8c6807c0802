#include "cli/files/write_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::cli {

absl::Status WriteAtOnce(const std::filesystem::path& path, const std::string& bytes) {
  absl::StatusOr<NewFile> file = NewFile::Open(path);
  if (!file.ok()) return file.status();
  if (absl::Status written = file->Write(bytes); !written.ok()) return written;
  return file->Finish();
}

absl::Status WriteInto(const std::filesystem::path& directory,
                       const std::vector<std::pair<std::string, std::string>>& files) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot make the directory ", directory.string(), ": ", error.message()));
  }
  absl::Status status;
  for (const auto& [name, content] : files) status.Update(WriteAtOnce(directory / name, content));
  return status;
}

absl::StatusOr<NewFile> NewFile::Open(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool direct = std::filesystem::is_other(path, ignored);
  NewFile file(path, direct);
  if (!file.file_) return file.Refused(std::strerror(errno));
  return file;
}

NewFile::NewFile(const std::filesystem::path& path, bool direct) : path_(path) {
  if (!direct) part_ = absl::StrCat(path.string(), ".part-", getpid());
  errno = 0;
  file_.open(direct ? path_ : part_, std::ios::binary);
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::exchange(other.part_, {})),
      file_(std::move(other.file_)) {}

NewFile::~NewFile() {
  if (part_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

absl::Status NewFile::Write(std::string_view bytes) {
  errno = 0;
  if (file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return absl::OkStatus();
  }
  return Refused(std::strerror(errno));
}

absl::Status NewFile::Finish() {
  errno = 0;
  file_.close();
  if (!file_) return Refused(std::strerror(errno));
  if (part_.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (error) return Refused(error.message());
  part_.clear();
  return absl::OkStatus();
}

absl::Status NewFile::Refused(const std::string& why) const {
  return absl::PermissionDeniedError(absl::StrCat("cannot write ", path_.string(), ": ", why,
                                                  "; is its directory there and writable?"));
}

}  // namespace mlp::cli
