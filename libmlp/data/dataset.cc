#include "libmlp/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/data/cell.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

// What is wrong with a line, and at which byte of it.
struct Complaint {
  std::size_t byte;
  std::string what;
};

// Removes the first field and its comma from `line` and returns the field.
std::string_view TakeField(std::string_view& line) {
  const std::size_t comma = line.find(',');
  const std::string_view field = line.substr(0, comma);
  line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
  return field;
}

std::optional<std::string> ParseLabel(std::string_view field, std::int32_t& label) {
  double value = 0;
  if (std::optional<std::string> wrong = ParseNumber(field, value)) return wrong;
  if (!(value >= 0 && value < kMaxClasses) || value != std::floor(value)) {
    return absl::StrCat("class ", Quoted(field), " is not a whole number from 0 to ",
                        kMaxClasses - 1);
  }
  label = static_cast<std::int32_t>(value);
  return std::nullopt;
}

std::size_t ColumnsOf(std::string_view line) {
  return static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
}

// Parses one line, which must have `feature_count` + 1 columns, the last of which parse_last takes.
template <class ParseLast>
std::optional<Complaint> ParseRow(std::string_view line, std::size_t feature_count,
                                  double* features, ParseLast parse_last) {
  if (line.find_first_not_of(kBlanks) == std::string_view::npos) {
    return Complaint{0, "empty line"};
  }
  if (const std::size_t columns = ColumnsOf(line); columns != feature_count + 1) {
    return Complaint{
        0, absl::StrCat("row has ", columns, " columns, the first row has ", feature_count + 1)};
  }
  if (feature_count == 0) {
    return Complaint{0, "row has one column: expected at least one feature and the class"};
  }
  std::string_view rest = line;
  for (std::size_t i = 0; i <= feature_count; ++i) {
    const std::string_view field = TakeField(rest);
    std::optional<std::string> wrong =
        i < feature_count ? ParseNumber(field, features[i]) : parse_last(field);
    if (wrong) {
      return Complaint{static_cast<std::size_t>(field.data() - line.data()), *std::move(wrong)};
    }
  }
  return std::nullopt;
}

// Removes the first line from `text` and returns it without its end.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  std::string_view line = text.substr(0, newline);
  text = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

absl::Status BadText(std::string_view name, std::size_t line, const Complaint& complaint) {
  return absl::InvalidArgumentError(
      absl::StrCat(AbslView(name), ":", line, ":", complaint.byte + 1, ": ", complaint.what));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Removes the number at the front of `text` and returns its digits without leading zeros.
std::string_view TakeDigits(std::string_view& text) {
  const std::size_t size = std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin();
  std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

absl::Status CannotRead(const std::filesystem::path& path, const std::error_code& error) {
  const std::string message = absl::StrCat(path.string(), ": ", error.message());
  const bool nothing_there =
      error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  return nothing_there ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
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

std::size_t Shard::class_count() const {
  if (regression()) return 1;
  return static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
}

double TotalSquares(const Shard& shard) {
  double mean = 0, squares = 0;
  for (const double target : shard.targets) mean += target;
  if (shard.regression()) mean /= static_cast<double>(shard.targets.size());
  for (const double target : shard.targets) squares += (target - mean) * (target - mean);
  return squares;
}

absl::StatusOr<Shard> ParseShard(std::string_view text, std::string_view name, LabelKind kind) {
  if (text.empty())
    return absl::InvalidArgumentError(absl::StrCat(AbslView(name), ": the file is empty"));
  const std::size_t columns = ColumnsOf(text.substr(0, text.find('\n')));
  const std::size_t lines =
      std::count(text.begin(), text.end(), '\n') + (text.ends_with('\n') ? 0 : 1);
  // A good row takes two bytes a column at least, so among the first `room` rows is a bad one or
  // all are there: a long first row does not claim memory for many short ones.
  const std::size_t room = std::min(lines, (text.size() + 1) / (2 * columns) + 1);
  Shard shard{Matrix<double>::from_shape({room, columns - 1}),
              xt::xtensor<std::int32_t, 1>::from_shape({kind == LabelKind::kClass ? room : 0}),
              Vector<double>::from_shape({kind == LabelKind::kNumber ? room : 0})};
  for (std::size_t row = 0; row < lines; ++row) {
    double* const features = shard.features.data() + row * (columns - 1);
    const auto parse_last = [&](std::string_view field) {
      return kind == LabelKind::kClass ? ParseLabel(field, shard.labels(row))
                                       : ParseNumber(field, shard.targets(row));
    };
    if (auto complaint = ParseRow(TakeLine(text), columns - 1, features, parse_last)) {
      return BadText(name, row + 1, *complaint);
    }
  }
  return shard;
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
  const std::uintmax_t size = std::filesystem::file_size(path, error);  // fails on what is no file
  if (error) return CannotRead(path, error);
  if (size > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": ", size, " bytes, at most ",
                                                   kMaxFileBytes, " are possible: split the file"));
  }
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": cannot be read"));
  }
  return bytes;
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
