#include "libmlp/data/dataset_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/data/utf8.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Removes the number at the front of `text` and returns its digits without leading zeros.
std::string_view TakeDigits(std::string_view& text) {
  const std::size_t size = std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin();
  std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// The codes of std::filesystem are errno's.
absl::Status CannotRead(const std::filesystem::path& path, const std::error_code& error) {
  return mlp::CannotRead(path, error.value());
}

absl::Status CheckRelativeName(std::string_view name) {
  const std::filesystem::path path(name);
  if (name.empty()) return absl::InvalidArgumentError("the name is empty");
  if (name.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError("the name contains a zero byte");
  }
  if (path.is_absolute()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", AbslView(name), "' is absolute: use a name below the data directory"));
  }
  if (std::find(path.begin(), path.end(), "..") != path.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", AbslView(name), "' contains '..': use a name below the data directory"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CannotRead(const std::filesystem::path& path, int error) {
  const std::string message =
      absl::StrCat(path.string(), ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EISDIR:
    case ENOTSUP:
    case ENAMETOOLONG:
    case ELOOP:
      return absl::InvalidArgumentError(message);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EINTR:
    case EAGAIN:
    case ENOBUFS:
    case ETIMEDOUT:
    case ESTALE:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

bool NaturalLess(std::string_view a, std::string_view b) {
  std::string_view rest_a = a, rest_b = b;
  while (!rest_a.empty() && !rest_b.empty()) {
    if (IsDigit(rest_a.front()) && IsDigit(rest_b.front())) {
      const std::string_view number_a = TakeDigits(rest_a), number_b = TakeDigits(rest_b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else {
      if (rest_a.front() != rest_b.front()) return rest_a.front() < rest_b.front();
      rest_a.remove_prefix(1);
      rest_b.remove_prefix(1);
    }
  }
  if (rest_a.empty() != rest_b.empty()) return rest_a.empty();
  return a < b;  // they differ in leading zeros at most
}

absl::StatusOr<DatasetFiles> ListDatasetFiles(const std::filesystem::path& directory) {
  DatasetFiles files;
  std::vector<std::string> validation;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    std::error_code not_a_file;
    if (!entry->is_regular_file(not_a_file)) continue;
    std::string name = entry->path().filename().string();
    const bool wanted = name.starts_with("train_") || name.starts_with("validate_");
    if (wanted && FirstBadUtf8(name) != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(directory.string(),
                       ": the name of a file train_* or validate_* is not UTF-8: rename it"));
    }
    if (name.starts_with("train_")) {
      files.train.push_back(std::move(name));
    } else if (name.starts_with("validate_")) {
      validation.push_back(std::move(name));
    } else if (name == kSchemaFile) {
      files.schema = std::move(name);
    }
  }
  if (error) return CannotRead(directory, error);
  if (files.train.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory.string(), ": no shards: expected files named train_*"));
  }
  std::sort(validation.begin(), validation.end(), NaturalLess);
  if (validation.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory.string(), ": expected one file named validate_*, found ",
                     validation.empty() ? "none" : absl::StrJoin(validation, ", ")));
  }
  std::sort(files.train.begin(), files.train.end(), NaturalLess);
  files.validation = std::move(validation.front());
  return files;
}

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);  // fails if it is no file
  if (error) return CannotRead(path, error);
  if (size > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": ", size, " bytes, at most ",
                                                   kMaxFileBytes, " are possible: split the file"));
  }
  std::string bytes(size, '\0');
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) return CannotRead(path, errno);
  if (std::fread(bytes.data(), 1, size, file.get()) == size) return bytes;
  if (std::ferror(file.get()) != 0) return CannotRead(path, errno);
  return absl::InternalError(absl::StrCat(path.string(), ": became shorter while it was read"));
}

absl::StatusOr<std::filesystem::path> ResolveBelow(const std::filesystem::path& root,
                                                   std::string_view name) {
  if (absl::Status status = CheckRelativeName(name); !status.ok()) return status;
  std::error_code error;
  const std::filesystem::path real_root = std::filesystem::canonical(root, error);
  if (error) return CannotRead(root, error);
  const std::filesystem::path path = std::filesystem::canonical(real_root / name, error);
  if (error) return CannotRead(real_root / name, error);
  const auto [root_end, path_end] =
      std::mismatch(real_root.begin(), real_root.end(), path.begin(), path.end());
  if (root_end != real_root.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", AbslView(name), "' leads outside the data directory"));
  }
  return path;
}

}  // namespace mlp
