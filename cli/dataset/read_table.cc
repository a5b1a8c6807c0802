#include "cli/dataset/read_table.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "cli/files/gunzip.h"
#include "libmlp/data/dataset_files.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

// The bytes of a file, decompressed if they are gzip's.
absl::StatusOr<std::string> ReadBytes(const fs::path& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok() || !LooksLikeGzip(*bytes)) return bytes;
  return Gunzip(*bytes, path.string());
}

absl::StatusOr<TableText> TextOf(const fs::path& path, std::string_view bytes,
                                 const TableOptions& options) {
  TableText text{path.string(), bytes, options.format, options.separator};
  if (text.format == TableFormat::kAuto) text.format = FormatOf(bytes);
  if (text.format == TableFormat::kLibsvm && !options.schema.label.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(text.name, ": is LIBSVM, where the label comes first: leave out --label"));
  }
  return text;
}

}  // namespace

absl::StatusOr<TableFile> ReadTableFile(const fs::path& file, const TableOptions& options) {
  const absl::StatusOr<std::string> bytes = ReadBytes(file);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<TableText> text = TextOf(file, *bytes, options);
  if (!text.ok()) return text.status();
  return ReadTable(*text, options.schema);
}

absl::StatusOr<Table> ReadRowsFile(const fs::path& file, const Inferred& inferred,
                                   const TableOptions& options) {
  const absl::StatusOr<std::string> bytes = ReadBytes(file);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<TableText> text = TextOf(file, *bytes, options);
  if (!text.ok()) return text.status();
  const Header header = inferred.has_header ? options.schema.header : Header::kNo;
  return ReadRows(*text, inferred, header, options.schema.impute);
}

}  // namespace mlp::cli
