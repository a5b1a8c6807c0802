// Zip archives in memory, by libzip. One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct zip;
struct zip_source;

namespace mlp::model {

class ArchiveReader {
 public:
  // InvalidArgument if `bytes`, which must outlive this, are no archive.
  static absl::StatusOr<ArchiveReader> Open(std::string_view bytes);

  // Returns a member's content. InvalidArgument, with the member's name, if it is not there, larger
  // than `limit`, or damaged.
  absl::StatusOr<std::string> Read(const std::string& name, std::size_t limit);

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };
  explicit ArchiveReader(zip* archive) : archive_(archive) {}
  std::unique_ptr<zip, Discard> archive_;
};

class ArchiveWriter {
 public:
  ArchiveWriter();
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  // Adds a member as it is, without compression.
  absl::Status Add(const std::string& name, std::string content);
  // Returns the archive. Call it once.
  absl::StatusOr<std::string> Finish();

 private:
  struct Members;  // libzip reads their content at the end
  std::unique_ptr<Members> members_;
  zip_source* buffer_;  // the archive is written to it
  zip* archive_;
};

}  // namespace mlp::model
