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
  // InvalidArgument where `bytes`, which must outlive this, are no archive.
  static absl::StatusOr<ArchiveReader> Open(std::string_view bytes);

  // A member's content. InvalidArgument, with its name: it is not there, larger than `limit`, or
  // damaged.
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

  // As it is, without compression.
  absl::Status Add(const std::string& name, std::string content);
  // The archive. Once.
  absl::StatusOr<std::string> Finish();

 private:
  struct Members;  // whose content libzip reads at the end
  std::unique_ptr<Members> members_;
  zip_source* buffer_;  // that it writes to
  zip* archive_;
};

}  // namespace mlp::model
