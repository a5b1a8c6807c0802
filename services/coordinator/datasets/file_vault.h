// Files by content, below the state directory: complete ones are `files/<SHA-256>`, and uploads are
// `uploads/<SHA-256>`, whose length says how much has come.
//
// A file is in `files/` when all of it was flushed to the disk and its digest was found right, so a
// reader may trust it. A piece that cannot be stored leaves nothing behind. A file that cannot be
// read for a reason that lasts (see CannotRead) stays until the same bytes come again and take its
// place. Blocks, so call it on workers. Re-entrant, but for pieces of the same file, which come one
// at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxUploads = 64;  // begun and not complete

class FileVault {
 public:
  // Makes the directories if they are missing. FailedPrecondition if it cannot.
  static absl::StatusOr<std::unique_ptr<FileVault>> Open(const std::filesystem::path& state_dir);

  // True if the whole file is there.
  bool Has(const std::string& sha256) const;
  // True if it is there and nothing that lasts keeps it from being read: it can be opened, and
  // RemoveIfDamaged has not failed to read it.
  bool CanRead(const std::string& sha256) const;
  // Returns the number of bytes of an upload that are there; 0 if it was not begun.
  std::int64_t Received(const std::string& sha256) const;
  // Returns the path at which the file is, or would be.
  std::filesystem::path PathOf(const std::string& sha256) const;

  // Stores the piece that begins at `offset` of a file of `bytes` bytes. Returns the number of
  // bytes that are there; after the last piece, when the file is complete. A file that is there
  // already and can be read stays. At offset 0 an upload begins anew that has all bytes and was not
  // completed, or has more than `bytes` and stands still.
  // FailedPrecondition: another offset is next. InvalidArgument: beyond the end. DataLoss: the
  // digest is wrong; the upload is dropped. ResourceExhausted, with a retry delay: no room, or
  // kMaxUploads are on their way and none of them stands still. Unavailable: cannot write, or
  // cannot read for the moment what came to check it; Internal if that lasts. What came before the
  // piece stays, and the upload goes on from there; only if the whole file cannot be flushed, the
  // upload is dropped.
  absl::StatusOr<std::int64_t> Write(const std::string& sha256, std::int64_t bytes,
                                     std::int64_t offset, std::string_view piece);

  void Remove(const std::string& sha256);
  // Removes the file if its bytes do not have the digest in its name any more. One that cannot be
  // read stays: it may be good. If that lasts, CanRead is false from now on.
  void RemoveIfDamaged(const std::string& sha256);
  // Drops uploads, and files that are not `needed`, that are older than a day: their senders have
  // given up. Call it at the start.
  void DropOld(const std::set<std::string>& needed);

 private:
  explicit FileVault(const std::filesystem::path& state_dir);

  std::filesystem::path UploadOf(const std::string& sha256) const;
  absl::Status MakeRoom();
  absl::Status Complete(const std::string& sha256, int upload);
  void NoteReadable(const std::string& sha256, bool readable);

  const std::filesystem::path files_;
  const std::filesystem::path uploads_;

  mutable std::mutex mutex_;
  std::set<std::string> unreadable_;  // digests of files that are there; guarded by mutex_
};

}  // namespace mlp::coordinator
