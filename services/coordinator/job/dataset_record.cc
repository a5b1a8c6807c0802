#include "services/coordinator/job/dataset_record.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxName = 255;

bool IsValidation(const DatasetFile& file) { return file.name.starts_with("validate_"); }

// Sorts shards first, the schema last.
int PlaceOf(const DatasetFile& file) { return IsShard(file) ? 0 : IsValidation(file) ? 1 : 2; }

absl::Status CheckFileName(const std::string& field, const std::string& name) {
  const auto bad = [](char c) { return c == '/' || absl::ascii_iscntrl(c); };
  if (name.empty() || name.size() > kMaxName || std::ranges::any_of(name, bad)) {
    return FieldError(field, absl::StrCat("must be 1 to ", kMaxName,
                                          " characters, without \"/\" and control characters"));
  }
  const DatasetFile file{name, "", 0};
  if (!IsShard(file) && !IsValidation(file) && !IsSchema(file)) {
    return FieldError(field,
                      absl::StrCat("must be train_*, validate_* or schema.json, not ", name));
  }
  return absl::OkStatus();
}

absl::Status CheckFile(const std::string& field, const DatasetFile& file) {
  if (auto status = CheckFileName(field + ".name", file.name); !status.ok()) return status;
  if (auto status = CheckDigest(field + ".sha256", file.sha256); !status.ok()) return status;
  if (IsSchema(file) && file.bytes > static_cast<std::int64_t>(kMaxSchemaFileBytes)) {
    return FieldError(
        field + ".bytes",
        absl::StrCat("is ", file.bytes, ", a schema has at most ", kMaxSchemaFileBytes,
                     ": leave some columns out, or texts of columns"));
  }
  return CheckFileBytes(field + ".bytes", file.bytes);
}

// Checks that names differ, and that one content has one length.
absl::Status CheckTogether(const std::vector<DatasetFile>& files) {
  std::map<std::string_view, std::int64_t> lengths;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && files[i].name == files[i - 1].name) {
      return FieldError("files", absl::StrCat("has ", files[i].name, " twice"));
    }
    const auto [known, is_new] = lengths.emplace(files[i].sha256, files[i].bytes);
    if (known->second != files[i].bytes) {
      return FieldError("files", absl::StrCat(files[i].name,
                                              " has the digest of another file, but "
                                              "another length"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsShard(const DatasetFile& file) { return file.name.starts_with("train_"); }
bool IsSchema(const DatasetFile& file) { return file.name == kSchemaFile; }

absl::Status CheckStoredName(std::string_view name) {
  const auto good = [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= kMaxName && absl::ascii_isalnum(name.front()) &&
      std::ranges::all_of(name, good)) {
    return absl::OkStatus();
  }
  return FieldError("name", absl::StrCat("must be 1 to ", kMaxName,
                                         " letters, digits, \"-\", \"_\" and \".\", beginning "
                                         "with a letter or digit"));
}

absl::Status CheckDigest(std::string_view field, std::string_view sha256) {
  if (sha256.size() == kDigestBytes) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be ", kDigestBytes, " bytes, has ", sha256.size()));
}

absl::Status CheckFileBytes(std::string_view field, std::int64_t bytes) {
  if (bytes >= 1 && bytes <= static_cast<std::int64_t>(kMaxFileBytes)) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be 1 to ", kMaxFileBytes, ", is ", bytes));
}

absl::StatusOr<std::vector<DatasetFile>> InOrder(std::vector<DatasetFile> files) {
  if (files.size() > kMaxDatasetFiles) {
    return FieldError("files", absl::StrCat("has ", files.size(), " files; at most ",
                                            kMaxDatasetFiles, " are possible"));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const absl::Status status = CheckFile(absl::StrCat("files[", i, "]"), files[i]);
    if (!status.ok()) return status;
  }
  std::ranges::sort(files, [](const DatasetFile& a, const DatasetFile& b) {
    return PlaceOf(a) != PlaceOf(b) ? PlaceOf(a) < PlaceOf(b) : NaturalLess(a.name, b.name);
  });
  if (std::ranges::none_of(files, IsShard)) {
    return FieldError("files", "has no shard: expected files named train_*");
  }
  const auto others = std::ranges::count_if(files, IsValidation);
  if (others != 1) {
    return FieldError("files", absl::StrCat("must have one file named validate_*, has ", others));
  }
  if (absl::Status status = CheckTogether(files); !status.ok()) return status;
  return files;
}

}  // namespace mlp::coordinator
