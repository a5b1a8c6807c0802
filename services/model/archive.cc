#include "services/model/archive.h"

#include <zip.h>

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::model {
namespace {

// The time of every member, so that one model makes one file: 1980-01-01, the first day that an
// archive can state.
constexpr zip_uint16_t kNoTime = 0, kFirstDay = (1 << 5) | 1;

// Bytes that one byte of an archive can stand for at most (deflate).
constexpr zip_uint64_t kMaxRatio = 1032;

absl::Status Refused(const std::string& what) { return absl::InvalidArgumentError(what); }

struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

}  // namespace

void ArchiveReader::Discard::operator()(zip* archive) const { zip_discard(archive); }

absl::StatusOr<ArchiveReader> ArchiveReader::Open(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip* archive = source == nullptr
                     ? nullptr
                     : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (archive == nullptr) {
    absl::Status refused = Refused(absl::StrCat("is no archive: ", zip_error_strerror(&error)));
    if (source != nullptr) zip_source_free(source);
    zip_error_fini(&error);
    return refused;
  }
  return ArchiveReader(archive);
}

absl::StatusOr<std::string> ArchiveReader::Read(const std::string& name, std::size_t limit) {
  zip_stat_t stat;
  if (zip_stat(archive_.get(), name.c_str(), 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0) {
    return Refused(absl::StrCat(name, ": is not in the archive"));
  }
  if (stat.size > limit) {
    return Refused(
        absl::StrCat(name, ": has ", stat.size, " bytes, at most ", limit, " are possible"));
  }
  // Checked before memory is allocated for the content.
  if (stat.size / kMaxRatio > stat.comp_size) {
    return Refused(absl::StrCat(name, ": says that it has ", stat.size, " bytes, which ",
                                stat.comp_size, " compressed ones cannot be"));
  }
  const std::unique_ptr<zip_file_t, CloseMember> member(
      zip_fopen_index(archive_.get(), stat.index, 0));
  std::string content(stat.size, '\0');
  // Reads one byte more than there should be: libzip checks the checksum only at the end.
  char beyond = 0;
  if (member == nullptr ||
      zip_fread(member.get(), content.data(), stat.size) != static_cast<zip_int64_t>(stat.size) ||
      zip_fread(member.get(), &beyond, 1) != 0) {
    return Refused(absl::StrCat(name, ": is damaged or cannot be read"));
  }
  return content;
}

struct ArchiveWriter::Members {
  std::deque<std::string> contents;
};

ArchiveWriter::ArchiveWriter()
    : members_(std::make_unique<Members>()),
      buffer_(zip_source_buffer_create(nullptr, 0, 0, nullptr)),
      archive_(zip_open_from_source(buffer_, ZIP_TRUNCATE, nullptr)) {
  zip_source_keep(buffer_);
}

ArchiveWriter::~ArchiveWriter() {
  if (archive_ != nullptr) zip_discard(archive_);
  zip_source_free(buffer_);
}

absl::Status ArchiveWriter::Add(const std::string& name, std::string content) {
  const std::string& kept = members_->contents.emplace_back(std::move(content));
  zip_source_t* source = zip_source_buffer(archive_, kept.data(), kept.size(), 0);
  const zip_int64_t index = zip_file_add(archive_, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return absl::InternalError(absl::StrCat(name, ": ", zip_strerror(archive_)));
  }
  const auto member = static_cast<zip_uint64_t>(index);
  zip_set_file_compression(archive_, member, ZIP_CM_STORE, 0);
  zip_file_set_dostime(archive_, member, kNoTime, kFirstDay, 0);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ArchiveWriter::Finish() {
  if (zip_close(archive_) != 0) return absl::InternalError(zip_strerror(archive_));
  archive_ = nullptr;
  zip_stat_t stat;
  if (zip_source_stat(buffer_, &stat) != 0 || zip_source_open(buffer_) != 0) {
    return absl::InternalError("the archive cannot be read back");
  }
  std::string bytes(stat.size, '\0');
  const zip_int64_t read = zip_source_read(buffer_, bytes.data(), bytes.size());
  zip_source_close(buffer_);
  if (read == static_cast<zip_int64_t>(bytes.size())) return bytes;
  return absl::InternalError("the archive cannot be read back");
}

}  // namespace mlp::model
