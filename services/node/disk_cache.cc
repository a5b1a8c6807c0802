#include "services/node/disk_cache.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "services/base/sha256.h"

namespace mlp::node {
namespace {

namespace fs = std::filesystem;
using async::Task;

constexpr const char* kPart = ".part";  // a file that is being written

struct FileFound {
  std::string name;
  std::uint64_t bytes = 0;
  fs::file_time_type used;
};

// Finds the cache's files, least recently used first. Removes the rests of interrupted writes.
absl::StatusOr<std::vector<FileFound>> FilesIn(const fs::path& directory) {
  std::vector<FileFound> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    std::error_code ignored;
    if (!DigestFromHex(path.stem().string())) continue;
    if (path.extension() == kPart) {
      fs::remove(path, ignored);
    } else if (!path.has_extension() && entry->is_regular_file(ignored)) {
      std::error_code unknown;  // a size that is not known is not one that does not fit
      const std::uint64_t bytes = entry->file_size(unknown);
      if (!unknown) {
        files.push_back({path.filename().string(), bytes, entry->last_write_time(ignored)});
      }
    }
  }
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read the cache directory ",
                                                      directory.string(), ": ", error.message()));
  }
  std::ranges::sort(files, {}, &FileFound::used);
  return files;
}

// Reads the file's bytes, which must be `size` and have the digest. DataLoss if the file is gone,
// damaged, or cannot be read for a reason that lasts; Unavailable if it cannot be read now. The
// error names the file and says what is wrong.
absl::StatusOr<std::string> ReadChecked(const fs::path& path, std::uint64_t size,
                                        const std::string& sha256) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (absl::IsResourceExhausted(bytes.status())) {
    return absl::UnavailableError(bytes.status().message());
  }
  if (!bytes.ok()) return absl::DataLossError(bytes.status().message());
  if (bytes->size() != size) {
    return absl::DataLossError(
        absl::StrCat(path.string(), ": has ", bytes->size(), " bytes instead of ", size));
  }
  if (Sha256(*bytes) != sha256) {
    return absl::DataLossError(absl::StrCat(path.string(), ": its bytes have another SHA-256"));
  }
  std::error_code ignored;
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  return bytes;
}

// Writes the file so that a reader of `path` sees nothing or all of it.
absl::Status WriteWhole(const fs::path& path, const std::string& bytes) {
  const fs::path part = path.string() + kPart;
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code error(file ? 0 : errno, std::generic_category());
  if (file) fs::rename(part, path, error);
  if (file && !error) return absl::OkStatus();
  std::error_code ignored;
  fs::remove(part, ignored);
  return absl::UnavailableError(error.message());
}

void RemoveAll(const fs::path& directory, const std::vector<std::string>& names) {
  std::error_code ignored;
  for (const std::string& name : names) fs::remove(directory / name, ignored);
}

}  // namespace

absl::StatusOr<CachedFiles> DiskCache::TakeOver(const fs::path& directory,
                                                std::uint64_t capacity_bytes) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat("cannot make the cache directory ",
                                                      directory.string(), ": ", error.message(),
                                                      "; name another one with --cache-dir"));
  }
  const absl::StatusOr<std::vector<FileFound>> found = FilesIn(directory);
  if (!found.ok()) return found.status();
  CachedFiles files(capacity_bytes);
  for (const FileFound& file : *found) {
    if (files.Fits(file.bytes)) {
      RemoveAll(directory, files.Add(file.name, file.bytes));
    } else {
      RemoveAll(directory, {file.name});
    }
  }
  return files;
}

DiskCache::DiskCache(fs::path directory, CachedFiles files, ShardSource& origin,
                     async::Workers& workers)
    : directory_(std::move(directory)),
      origin_(origin),
      workers_(workers),
      files_(std::move(files)) {}

Task<absl::StatusOr<std::string>> DiskCache::Fetch(std::string sha256, std::stop_token stop) {
  absl::StatusOr<std::string> kept = co_await Read(sha256);
  if (kept.ok()) co_return kept;
  absl::StatusOr<std::string> fetched = co_await origin_.Fetch(sha256, std::move(stop));
  const bool unread = absl::IsUnavailable(kept.status());
  if (unread || absl::IsDataLoss(kept.status())) {
    spdlog::warn("cache file {}; {}", std::string(kept.status().message()),
                 fetched.ok() ? "refetched" : "could not be refetched");
  }
  if (fetched.ok() && !unread) co_await Keep(sha256, *fetched);
  co_return fetched;
}

// Reads the file. NotFound if the cache does not have it. DataLoss as ReadChecked; the cache has it
// no more. Unavailable if it cannot be read now; it stays in the cache.
Task<absl::StatusOr<std::string>> DiskCache::Read(const std::string& sha256) {
  const std::string name = Hex(sha256);
  const std::optional<std::uint64_t> size = files_.Use(name);
  if (!size) co_return absl::NotFoundError("not in the cache");
  const fs::path path = directory_ / name;
  auto read = [&path, &size, &sha256] { return ReadChecked(path, *size, sha256); };
  const absl::StatusOr<std::string> bytes = co_await async::Offload(workers_, std::move(read));
  if (absl::IsDataLoss(bytes.status())) files_.Remove(name);
  co_return bytes;
}

Task<> DiskCache::Keep(const std::string& sha256, const std::string& bytes) {
  if (!files_.Fits(bytes.size())) co_return;
  const std::string name = Hex(sha256);
  const std::vector<std::string> gone = files_.Add(name, bytes.size());
  auto write = [this, &name, &bytes, &gone] {
    RemoveAll(directory_, gone);
    return WriteWhole(directory_ / name, bytes);
  };
  const absl::Status written = co_await async::Offload(workers_, std::move(write));
  if (!written.ok()) {
    files_.Remove(name);
    if (!warned_) {
      spdlog::warn("cannot keep files in the cache directory {}: {}; they are fetched when needed",
                   directory_.string(), std::string(written.message()));
    }
  }
  warned_ = !written.ok();
}

}  // namespace mlp::node
