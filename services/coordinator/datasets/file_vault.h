// Files by content, below the state directory: complete ones are `files/<SHA-256>`, and uploads are
// `uploads/<SHA-256>`, whose length says how much has come.
//
// A file is in `files/` when all of it was flushed to the disk and its digest was found right, so a
// reader may trust it. A piece that cannot be stored leaves nothing behind. A file that cannot be
// read for a reason that lasts (see CannotRead) stays until the same bytes come again and take its
// place. Blocks, so call it on workers. Re-entrant, but for pieces of the same file, which come one
// at a time.
//
// What belongs to no dataset (uploads, and whole files that nobody has claimed) is bounded in
// bytes, and goes an hour after the last piece of any file came.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/coordinator/datasets/unclaimed_files.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxUploads = 64;  // begun and not complete
// Of what belongs to no dataset, in all; so, too, of a dataset that is put.
inline constexpr std::int64_t kMaxUnclaimedBytes = std::int64_t{16} << 30;

class FileVault {
 public:
  // Makes the directories if they are missing. FailedPrecondition if it cannot.
  static absl::StatusOr<std::unique_ptr<FileVault>> Open(
      const std::filesystem::path& state_dir,
      std::int64_t max_unclaimed_bytes = kMaxUnclaimedBytes);

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
  // kMaxUploads are on their way and none of them stands still; without a delay: see CheckRoom.
  // Unavailable: cannot write, or
  // cannot read for the moment what came to check it; Internal if that lasts. What came before the
  // piece stays, and the upload goes on from there; only if the whole file cannot be flushed, the
  // upload is dropped.
  absl::StatusOr<std::int64_t> Write(const std::string& sha256, std::int64_t bytes,
                                     std::int64_t offset, std::string_view piece);

  // ResourceExhausted if `bytes` more would be beyond the limit of what belongs to no dataset,
  // though all of that went which is older than an hour.
  absl::Status CheckRoom(std::int64_t bytes);

  // Says that these files belong to a dataset. Returns those that did not: if it comes to nothing,
  // Disclaim takes that back. Neither blocks.
  UnclaimedFiles::Bytes Claim(const std::set<std::string>& files);
  void Disclaim(const UnclaimedFiles::Bytes& files);

  // Removes a file that belongs to no dataset any more.
  void Remove(const std::string& sha256);
  // Removes the file if its bytes do not have the digest in its name any more. One that cannot be
  // read stays: it may be good. If that lasts, CanRead is false from now on.
  void RemoveIfDamaged(const std::string& sha256);
  // Drops what belongs to no dataset if nothing was written for an hour: its senders have given up.
  // Call it when all datasets that are known have claimed their files, and now and then.
  void DropOld();

 private:
  FileVault(const std::filesystem::path& state_dir, std::int64_t max_unclaimed_bytes);

  std::filesystem::path UploadOf(const std::string& sha256) const;
  absl::StatusOr<std::int64_t> WritePiece(const std::string& sha256, std::int64_t bytes,
                                          std::int64_t offset, std::string_view piece);
  // Counts the bytes of the file that are there now.
  void Count(const std::string& sha256);
  std::vector<std::filesystem::directory_entry> Unclaimed() const;
  void DropUnclaimed(const std::filesystem::directory_entry& entry);
  absl::Status MakeRoom();
  absl::Status Complete(const std::string& sha256, int upload);
  void NoteReadable(const std::string& sha256, bool readable);

  const std::filesystem::path files_;
  const std::filesystem::path uploads_;
  const std::int64_t max_unclaimed_bytes_;

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::set<std::string> unreadable_;  // digests of files that are there
  UnclaimedFiles unclaimed_;
};

}  // namespace mlp::coordinator
