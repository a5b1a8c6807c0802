#include "libmlp/data/shard.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"
#include "libmlp/data/shard_blocks.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{4} << 20;

// An error in a line, and the byte at which it is.
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

absl::Status BadRow(std::string_view name, std::size_t line, const Complaint& complaint) {
  return absl::InvalidArgumentError(
      absl::StrCat(AbslView(name), ":", line, ":", complaint.byte + 1, ": ", complaint.what));
}

// Parses text that begins with that line of the file.
absl::StatusOr<Shard> ParseFrom(std::size_t first_line, std::string_view text,
                                std::string_view name, LabelKind kind) {
  if (text.empty())
    return absl::InvalidArgumentError(absl::StrCat(AbslView(name), ": the file is empty"));
  const std::size_t columns = ColumnsOf(text.substr(0, text.find('\n')));
  const std::size_t lines =
      std::count(text.begin(), text.end(), '\n') + (text.ends_with('\n') ? 0 : 1);
  // A good row takes two bytes a column at least, so the first `room` rows are all rows, or one of
  // them is bad: a long first row does not claim memory for many short ones.
  const std::size_t room = std::min(lines, (text.size() + 1) / (2 * columns) + 1);
  Shard shard{Matrix<double>::from_shape({room, columns - 1}),
              xt::xtensor<std::int32_t, 1>::from_shape({kind == LabelKind::kClass ? room : 0}),
              xt::xtensor<double, 1>::from_shape({kind == LabelKind::kNumber ? room : 0})};
  for (std::size_t row = 0; row < lines; ++row) {
    double* const features = shard.features.data() + row * (columns - 1);
    const auto parse_last = [&](std::string_view field) {
      return kind == LabelKind::kClass ? ParseLabel(field, shard.labels(row))
                                       : ParseNumber(field, shard.targets(row));
    };
    if (auto complaint = ParseRow(TakeLine(text), columns - 1, features, parse_last)) {
      return BadRow(name, first_line + row, *complaint);
    }
  }
  return shard;
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
  return ParseFrom(1, text, name, kind);
}

absl::Status ForEachBlock(std::string_view text, std::string_view name, LabelKind kind,
                          absl::FunctionRef<absl::Status(const Shard&)> use) {
  std::size_t line = 1;
  do {
    const std::size_t end = text.find('\n', std::min(kBlockBytes, text.size()));
    const std::string_view block = text.substr(0, end == std::string_view::npos ? end : end + 1);
    const absl::StatusOr<Shard> rows = ParseFrom(line, block, name, kind);
    if (!rows.ok()) return rows.status();
    if (absl::Status used = use(*rows); !used.ok()) return used;
    line += rows->rows();
    text.remove_prefix(block.size());
  } while (!text.empty());
  return absl::OkStatus();
}

}  // namespace mlp
