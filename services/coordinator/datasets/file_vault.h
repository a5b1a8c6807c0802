// Files by content, below the state directory: `files/<SHA-256>`, and those that are on their way
// in `uploads/<SHA-256>`, whose length says how much has come.
//
// A file is in `files/` when all of it was flushed to the disk and its digest was found right, so
// whoever finds it there may trust it. What could not be stored leaves nothing behind. Blocks: for
// worker threads. Re-entrant, but for pieces of the same file, which come one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxUploads = 64;  // begun and not complete

class FileVault {
 public:
  // Makes the directories where they are missing. FailedPrecondition where that cannot be.
  static absl::StatusOr<std::unique_ptr<FileVault>> Open(const std::filesystem::path& state_dir);

  // The whole file is there.
  bool Has(const std::string& sha256) const;
  // Bytes of an upload that are there; 0 where it was not begun.
  std::int64_t Received(const std::string& sha256) const;
  // Where the file is, or would be.
  std::filesystem::path PathOf(const std::string& sha256) const;

  // Stores the piece that begins at `offset` of a file of `bytes` bytes; what is there then. The
  // last piece is answered when the file is complete. A file that is there already stays.
  // FailedPrecondition: another offset is next. InvalidArgument: beyond the end. DataLoss: the
  // digest is wrong; the upload is dropped. ResourceExhausted, with a retry delay: no room, or
  // kMaxUploads are on their way and none of them stands still. Unavailable: cannot write.
  absl::StatusOr<std::int64_t> Write(const std::string& sha256, std::int64_t bytes,
                                     std::int64_t offset, std::string_view piece);

  void Remove(const std::string& sha256);
  // Removes the file where its bytes are not those of its name any more.
  void RemoveIfDamaged(const std::string& sha256);
  // Drops uploads, and files that are not `needed`, that are older than a day: whoever sent them
  // has given up. For the start.
  void DropOld(const std::set<std::string>& needed);

 private:
  explicit FileVault(const std::filesystem::path& state_dir);

  std::filesystem::path UploadOf(const std::string& sha256) const;
  absl::Status MakeRoom();
  absl::Status Complete(const std::string& sha256, int upload);

  const std::filesystem::path files_;
  const std::filesystem::path uploads_;
};

}  // namespace mlp::coordinator
