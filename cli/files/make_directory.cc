#include "cli/files/make_directory.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

absl::Status CannotMake(const fs::path& directory, const std::error_code& error) {
  return absl::PermissionDeniedError(
      absl::StrCat("cannot make ", directory.string(), ": ", error.message()));
}

}  // namespace

absl::Status MakeDirectory(const fs::path& directory,
                           const std::function<absl::Status(const fs::path& part)>& write) {
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat(directory.string(), " is there already; name another directory with --out"));
  }
  const fs::path part = absl::StrCat(directory.string(), ".part-", getpid());
  fs::create_directories(part, error);
  absl::Status status = error ? CannotMake(part, error) : write(part);
  if (status.ok()) fs::rename(part, directory, error);
  if (status.ok() && error) status = CannotMake(directory, error);
  std::error_code ignored;
  if (!status.ok()) fs::remove_all(part, ignored);
  return status;
}

absl::StatusOr<TemporaryDirectory> TemporaryDirectory::Make() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "mlp-client-XXXXXX").string();
  if (error) return CannotMake("a temporary directory", error);
  if (mkdtemp(name.data()) == nullptr) {
    return CannotMake(name, std::error_code(errno, std::generic_category()));
  }
  return TemporaryDirectory(name);
}

TemporaryDirectory::TemporaryDirectory(fs::path path) : path_(std::move(path)) {}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace mlp::cli
