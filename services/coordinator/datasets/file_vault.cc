#include "services/coordinator/datasets/file_vault.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "services/base/retry_after.h"
#include "services/base/sha256.h"
#include "services/coordinator/store/disk/no_room.h"
#include "services/coordinator/store/disk/sync_directory.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr auto kRetry = std::chrono::seconds(5);
constexpr auto kOld = std::chrono::hours(1);
constexpr auto kStandsStill = std::chrono::minutes(10);

// An open file; -1 if it could not be opened.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags, 0644)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Returns errno as a status.
absl::Status CannotWrite(const fs::path& path) {
  const int error = errno;
  const std::string why = std::generic_category().message(error);
  if (IsNoRoom(error)) {
    return WithRetryAfter(
        absl::ResourceExhaustedError(absl::StrCat("no room in ", path.parent_path().string(), ": ",
                                                  why, "; free some space and try again")),
        kRetry);
  }
  return absl::UnavailableError(absl::StrCat("cannot write ", path.string(), ": ", why));
}

// Says that what came could not be read again to check it.
absl::Status CannotCheck(const absl::Status& error) {
  const std::string message = absl::StrCat("cannot read ", error.message());
  const bool passes = absl::IsResourceExhausted(error) || absl::IsNotFound(error);
  return passes ? absl::UnavailableError(message + "; try again") : absl::InternalError(message);
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void RemoveFile(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// Takes the piece back that came last: the bytes that were there before it are still good.
void TakeBack(const fs::path& path, int upload, std::int64_t received) {
  if (received == 0 || ::ftruncate(upload, received) != 0) RemoveFile(path);
}

// Returns the digest of the whole file. If it cannot be read, see CannotRead.
absl::StatusOr<std::string> DigestOf(const fs::path& path) {
  const Descriptor file(path, O_RDONLY | O_CLOEXEC);
  if (file.number() < 0) return CannotRead(path, errno);
  std::vector<char> piece(std::size_t{1} << 20);
  Sha256Pieces pieces;
  while (true) {
    const ssize_t size = ::read(file.number(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return CannotRead(path, errno);
    if (size == 0) return pieces.Digest();
    pieces.Add({piece.data(), static_cast<std::size_t>(size)});
  }
}

std::vector<fs::directory_entry> EntriesOf(const fs::path& directory) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(*entry);
  }
  return entries;
}

bool IsOlderThan(const fs::directory_entry& entry, std::chrono::nanoseconds age) {
  std::error_code error;
  const auto written = entry.last_write_time(error);
  return !error && fs::file_time_type::clock::now() - written > age;
}

// True if an upload of `received` bytes is nobody's any more who sends a file of `bytes` bytes.
bool MayBeginAnew(const fs::path& upload, std::int64_t received, std::int64_t bytes) {
  // All of it came, and the coordinator ended before the file was complete.
  if (received == bytes) return true;
  // Somebody sends more bytes for the same digest. Only one of the two can be right, and nobody
  // knows which before all has come: the first goes on unless they have given up.
  std::error_code error;
  return received > bytes && IsOlderThan(fs::directory_entry(upload, error), kStandsStill);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileVault>> FileVault::Open(const fs::path& state_dir,
                                                           std::int64_t max_unclaimed_bytes) {
  std::unique_ptr<FileVault> vault(new FileVault(state_dir, max_unclaimed_bytes));
  for (const fs::path& directory : {vault->files_, vault->uploads_}) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot make ", directory.string(), ": ", error.message(),
                       "; name a directory that can be written to with --state-dir"));
    }
  }
  return vault;
}

FileVault::FileVault(const fs::path& state_dir, std::int64_t max_unclaimed_bytes)
    : files_(state_dir / "files"),
      uploads_(state_dir / "uploads"),
      max_unclaimed_bytes_(max_unclaimed_bytes) {}

bool FileVault::Has(const std::string& sha256) const {
  std::error_code error;
  return fs::is_regular_file(PathOf(sha256), error);
}

bool FileVault::CanRead(const std::string& sha256) const {
  if (!Has(sha256)) return false;
  {
    const std::scoped_lock lock(mutex_);
    if (unreadable_.contains(sha256)) return false;
  }
  const fs::path path = PathOf(sha256);
  const Descriptor file(path, O_RDONLY | O_CLOEXEC);
  return file.number() >= 0 || absl::IsResourceExhausted(CannotRead(path, errno));
}

std::int64_t FileVault::Received(const std::string& sha256) const {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(UploadOf(sha256), error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

fs::path FileVault::PathOf(const std::string& sha256) const { return files_ / Hex(sha256); }
fs::path FileVault::UploadOf(const std::string& sha256) const { return uploads_ / Hex(sha256); }

absl::StatusOr<std::int64_t> FileVault::Write(const std::string& sha256, std::int64_t bytes,
                                              std::int64_t offset, std::string_view piece) {
  if (CanRead(sha256)) return bytes;
  absl::Status room = CheckRoom(static_cast<std::int64_t>(piece.size()));
  if (!room.ok()) return room;
  absl::StatusOr<std::int64_t> received = WritePiece(sha256, bytes, offset, piece);
  Count(sha256);
  return received;
}

absl::StatusOr<std::int64_t> FileVault::WritePiece(const std::string& sha256, std::int64_t bytes,
                                                   std::int64_t offset, std::string_view piece) {
  std::int64_t received = Received(sha256);
  if (offset == 0 && MayBeginAnew(UploadOf(sha256), received, bytes)) {
    RemoveFile(UploadOf(sha256));
    received = 0;
  }
  if (offset != received) {
    return absl::FailedPreconditionError(
        absl::StrCat("the next piece of the file begins at byte ", received, ", not at ", offset));
  }
  const std::int64_t now_there = received + static_cast<std::int64_t>(piece.size());
  if (now_there > bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the piece ends at byte ", now_there,
                                                   " of a file that has ", bytes, " bytes"));
  }
  if (received == 0) {
    if (absl::Status status = MakeRoom(); !status.ok()) return status;
  }
  const fs::path path = UploadOf(sha256);
  const Descriptor upload(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
  if (upload.number() < 0) return CannotWrite(path);
  if (!WriteAll(upload.number(), piece)) {
    absl::Status status = CannotWrite(path);
    TakeBack(path, upload.number(), received);
    return status;
  }
  if (now_there < bytes) return now_there;
  if (absl::Status status = Complete(sha256, upload.number()); !status.ok()) {
    TakeBack(path, upload.number(), received);  // an upload of all its bytes could not go on
    return status;
  }
  return now_there;
}

absl::Status FileVault::Complete(const std::string& sha256, int upload) {
  const fs::path path = UploadOf(sha256);
  const absl::StatusOr<std::string> found = DigestOf(path);
  if (!found.ok()) return CannotCheck(found.status());
  if (*found != sha256) {
    RemoveFile(path);
    return absl::DataLossError(absl::StrCat("the file that came has SHA-256 ", Hex(*found),
                                            " instead of ", Hex(sha256), "; send it again"));
  }
  std::error_code error;
  if (::fsync(upload) != 0) {
    absl::Status status = CannotWrite(path);
    RemoveFile(path);  // the rest of a failed flush cannot be trusted
    return status;
  }
  fs::rename(path, PathOf(sha256), error);
  if (!error && SyncDirectory(files_)) {
    NoteReadable(sha256, true);
    return absl::OkStatus();
  }
  if (error) errno = error.value();
  absl::Status status = CannotWrite(PathOf(sha256));
  fs::rename(PathOf(sha256), path, error);  // the bytes are good, the name is not on the disk
  RemoveFile(PathOf(sha256));
  return status;
}

// Makes room for one more upload.
absl::Status FileVault::MakeRoom() {
  const std::vector<fs::directory_entry> entries = EntriesOf(uploads_);
  std::size_t uploads = entries.size();
  if (uploads < kMaxUploads) return absl::OkStatus();
  for (const fs::directory_entry& entry : entries) {
    if (!IsOlderThan(entry, kStandsStill)) continue;
    DropUnclaimed(entry);
    --uploads;
  }
  if (uploads < kMaxUploads) return absl::OkStatus();
  return WithRetryAfter(
      absl::ResourceExhaustedError(
          absl::StrCat(uploads, " files are being uploaded, which is the limit; try again later")),
      kRetry);
}

absl::Status FileVault::CheckRoom(std::int64_t bytes) {
  const auto too_many = [this, bytes] {
    const std::scoped_lock lock(mutex_);
    return unclaimed_.bytes() + bytes > max_unclaimed_bytes_;
  };
  if (!too_many()) return absl::OkStatus();
  for (const fs::directory_entry& entry : Unclaimed()) {
    if (IsOlderThan(entry, kOld)) DropUnclaimed(entry);
  }
  if (!too_many()) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("files that belong to no dataset yet may have ", max_unclaimed_bytes_,
                   " bytes in all (mlp-coordinator --upload-bytes), and ", bytes,
                   " more are too many; wait until other uploads have ended, or an hour: what was "
                   "given up goes then"));
}

UnclaimedFiles::Bytes FileVault::Claim(const std::set<std::string>& files) {
  const std::scoped_lock lock(mutex_);
  return unclaimed_.Claim(files);
}

void FileVault::Disclaim(const UnclaimedFiles::Bytes& files) {
  const std::scoped_lock lock(mutex_);
  unclaimed_.Disclaim(files);
}

void FileVault::Count(const std::string& sha256) {
  const std::int64_t upload = Received(sha256);
  std::error_code error;
  const std::uintmax_t whole = fs::file_size(PathOf(sha256), error);
  const std::scoped_lock lock(mutex_);
  unclaimed_.Set(sha256, upload, error ? 0 : static_cast<std::int64_t>(whole));
}

void FileVault::Remove(const std::string& sha256) {
  RemoveFile(PathOf(sha256));
  NoteReadable(sha256, true);  // nothing is remembered of a file that is gone
  {
    const std::scoped_lock lock(mutex_);
    unclaimed_.Forget(sha256);
  }
  Count(sha256);  // an upload of it may be on its way
}

void FileVault::RemoveIfDamaged(const std::string& sha256) {
  if (!Has(sha256)) return;
  const absl::StatusOr<std::string> found = DigestOf(PathOf(sha256));
  // Its dataset keeps its claim: the same bytes may come again.
  if (found.ok() && *found != sha256) RemoveFile(PathOf(sha256));
  // A failure that passes says nothing.
  if (!absl::IsResourceExhausted(found.status())) NoteReadable(sha256, found.ok());
}

void FileVault::NoteReadable(const std::string& sha256, bool readable) {
  const std::scoped_lock lock(mutex_);
  if (readable) {
    unreadable_.erase(sha256);
  } else {
    unreadable_.insert(sha256);
  }
}

// Returns the uploads, and the files that no dataset has claimed.
std::vector<fs::directory_entry> FileVault::Unclaimed() const {
  std::vector<fs::directory_entry> entries = EntriesOf(uploads_);
  for (fs::directory_entry& entry : EntriesOf(files_)) {
    const auto sha256 = DigestFromHex(entry.path().filename().string());
    const std::scoped_lock lock(mutex_);
    if (sha256 && !unclaimed_.IsClaimed(*sha256)) entries.push_back(std::move(entry));
  }
  return entries;
}

void FileVault::DropUnclaimed(const fs::directory_entry& entry) {
  const auto sha256 = DigestFromHex(entry.path().filename().string());
  {
    // A dataset may have claimed the file since the directory was read.
    const std::scoped_lock lock(mutex_);
    if (sha256 && entry.path().parent_path() == files_ && unclaimed_.IsClaimed(*sha256)) return;
    RemoveFile(entry.path());
  }
  if (sha256) Count(*sha256);
}

void FileVault::DropOld() {
  const std::vector<fs::directory_entry> entries = Unclaimed();
  // An upload of many files may take longer than an hour: the first ones stay while others come.
  const bool given_up =
      std::ranges::all_of(entries, [](const auto& entry) { return IsOlderThan(entry, kOld); });
  for (const fs::directory_entry& entry : entries) {
    const auto sha256 = DigestFromHex(entry.path().filename().string());
    if (given_up) {
      DropUnclaimed(entry);
    } else if (sha256) {
      Count(*sha256);
    }
  }
}

}  // namespace mlp::coordinator
