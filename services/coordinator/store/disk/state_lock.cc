#include "services/coordinator/store/disk/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/coordinator/store/disk/no_room.h"

namespace mlp::coordinator {
namespace {

absl::Status CannotUse(const std::filesystem::path& directory, int error) {
  const std::string message =
      absl::StrCat("cannot use ", directory.string(),
                   " as state directory: ", std::generic_category().message(error),
                   "; make it writable, or choose another");
  if (IsNoRoom(error)) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

absl::Status InUse(const std::filesystem::path& directory) {
  std::string holder;
  std::ifstream(directory / "lock") >> holder;
  return absl::FailedPreconditionError(
      absl::StrCat("state directory ", directory.string(), " is in use by another coordinator",
                   holder.empty() ? "" : absl::StrCat(", process ", holder),
                   "; stop that one, or choose another directory"));
}

// Tells the id to a process that finds the directory locked; no harm is done if it fails.
void WriteProcessId(int file) {
  const std::string text = absl::StrCat(getpid(), "\n");
  if (ftruncate(file, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = pwrite(file, text.data(), text.size(), 0);
}

// Takes from others what an earlier version gave them. The group keeps what it has, because an
// operator may have given it that, and so does the directory itself, which may have other files;
// SQLite gives the files beside the database the database's permissions.
void TakeFromOthers(const std::filesystem::path& directory) {
  for (const char* name :
       {"lock", "coordinator.db", "coordinator.db-wal", "coordinator.db-shm", "files", "uploads"}) {
    std::error_code not_there;
    std::filesystem::permissions(
        directory / name, std::filesystem::perms::others_all,
        std::filesystem::perm_options::remove | std::filesystem::perm_options::nofollow, not_there);
  }
}

}  // namespace

absl::StatusOr<StateLock> StateLock::Take(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return CannotUse(directory, error.value());
  const int file = open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return CannotUse(directory, errno);
  StateLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? InUse(directory) : CannotUse(directory, errno);
  }
  WriteProcessId(file);
  TakeFromOthers(directory);
  return lock;
}

StateLock::~StateLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace mlp::coordinator
