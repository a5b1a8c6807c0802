#include "libmlp/data/encode_row.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/data/cell.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

constexpr std::size_t kShown = 5;  // texts in a message

std::unordered_map<std::string, std::size_t> IndexOf(const std::vector<std::string>& texts) {
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < texts.size(); ++i) index.emplace(texts[i], i);
  return index;
}

// "a, b, c, …".
std::string Some(const std::vector<std::string>& texts) {
  const std::size_t shown = std::min(texts.size(), kShown);
  return absl::StrCat(absl::StrJoin(texts.begin(), texts.begin() + shown, ", "),
                      shown < texts.size() ? ", …" : "");
}

// The position, from 0, of the column whose name is "1", "2", ….
std::optional<std::size_t> PositionOf(const std::string& name) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number - 1;
}

bool GoesByNumbers(const Schema& schema) {
  return std::all_of(schema.columns.begin(), schema.columns.end(),
                     [](const Column& column) { return PositionOf(column.name).has_value(); });
}

// True if the columns are "1", "2", … without a gap and the label has a name: it can only be last.
bool LabelComesNext(const Schema& schema) {
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    if (PositionOf(schema.columns[i].name) != i) return false;
  }
  return !PositionOf(schema.label).has_value();
}

std::unordered_set<std::string> TextsOf(const CsvRecord& record) {
  std::unordered_set<std::string> texts;
  for (const CsvCell& cell : record.cells) texts.insert(cell.text);
  return texts;
}

bool NamesAllColumns(const Schema& schema, const CsvRecord& record) {
  const std::unordered_set<std::string> names = TextsOf(record);
  return std::all_of(schema.columns.begin(), schema.columns.end(),
                     [&](const Column& column) { return names.contains(column.name); });
}

bool NamesAColumn(const Schema& schema, const CsvRecord& record) {
  const std::unordered_set<std::string> names = TextsOf(record);
  return names.contains(schema.label) ||
         std::any_of(schema.columns.begin(), schema.columns.end(),
                     [&](const Column& column) { return names.contains(column.name); });
}

bool IsHeader(const Schema& schema, const CsvRecord& record, Header header) {
  if (header != Header::kAuto) return header == Header::kYes;
  return GoesByNumbers(schema) ? HasNoNumber(record) : NamesAColumn(schema, record);
}

}  // namespace

bool HasNoNumber(const CsvRecord& record) {
  return std::none_of(record.cells.begin(), record.cells.end(), [](const CsvCell& cell) {
    double number = 0;
    return !ParseNumber(cell.text, number);
  });
}

Schema PlainSchema(std::size_t features, std::size_t classes) {
  Schema schema;
  schema.columns.resize(features);
  for (std::size_t i = 0; i < features; ++i) schema.columns[i].name = absl::StrCat(i + 1);
  schema.label = absl::StrCat(features + 1);
  for (std::size_t i = 0; i < classes; ++i) schema.classes.push_back(absl::StrCat(i));
  return schema;
}

RowEncoder::RowEncoder(const Schema& schema, std::size_t cells, std::string name)
    : schema_(&schema), name_(std::move(name)), cells_(cells), classes_(IndexOf(schema.classes)) {
  for (const Column& column : schema.columns) categories_.push_back(IndexOf(column.categories));
}

absl::StatusOr<RowEncoder> RowEncoder::Make(const Schema& schema, const CsvRecord& first,
                                            Header header, std::string name) {
  RowEncoder encoder(schema, first.cells.size(), std::move(name));
  encoder.has_header_ = IsHeader(schema, first, header);
  const bool by_name =
      encoder.has_header_ && (!GoesByNumbers(schema) || NamesAllColumns(schema, first));
  const absl::Status found = by_name ? encoder.FindByName(first) : encoder.FindByPosition(first);
  if (!found.ok()) return found;
  return encoder;
}

absl::Status RowEncoder::FindByName(const CsvRecord& header) {
  std::unordered_map<std::string, std::size_t> cells;
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    const CsvCell& cell = header.cells[i];
    if (!cells.emplace(cell.text, i).second) {
      return BadText(name_, cell.place,
                     absl::StrCat("column ", Quoted(cell.text), " is there twice: rename one"));
    }
  }
  std::vector<std::string> missing;
  for (const Column& column : schema_->columns) {
    const auto found = cells.find(column.name);
    if (found == cells.end()) {
      missing.push_back(column.name);
    } else {
      cell_of_.push_back(found->second);
    }
  }
  if (!missing.empty()) {
    return BadText(name_, header.cells.front().place,
                   absl::StrCat("the header lacks ", missing.size(), " of the ",
                                schema_->columns.size(), " columns: ", Some(missing)));
  }
  if (const auto label = cells.find(schema_->label); label != cells.end()) label_ = label->second;
  return absl::OkStatus();
}

absl::Status RowEncoder::FindByPosition(const CsvRecord& first) {
  const std::size_t columns = schema_->columns.size();
  const bool numbers = cells_ > columns && GoesByNumbers(*schema_) && !LabelComesNext(*schema_);
  for (std::size_t i = 0; i < columns; ++i) {
    cell_of_.push_back(numbers ? *PositionOf(schema_->columns[i].name) : i);
  }
  if (cells_ == columns) return absl::OkStatus();
  label_ = numbers ? PositionOf(schema_->label) : columns;
  const std::size_t last = *std::max_element(cell_of_.begin(), cell_of_.end());
  if (last < cells_ && label_.value_or(cells_) < cells_ && (numbers || cells_ == columns + 1)) {
    return absl::OkStatus();
  }
  return BadText(name_, first.cells.front().place,
                 absl::StrCat("the row has ", cells_, " cells; expected ", columns,
                              ", the features, or ", columns + 1, " with the label last",
                              SeparatorHint(first.cells.front().text, cells_)));
}

absl::Status RowEncoder::Encode(const CsvRecord& row, double* features) const {
  for (std::size_t i = 0; i < cell_of_.size(); ++i) {
    const Column& column = schema_->columns[i];
    const CsvCell& cell = row.cells[cell_of_[i]];
    const absl::Status status = column.categories.empty() ? EncodeNumber(column, cell, features)
                                                          : EncodeText(i, cell, features);
    if (!status.ok()) return status;
    features += column.features();
  }
  return absl::OkStatus();
}

absl::Status RowEncoder::EncodeNumber(const Column& column, const CsvCell& cell,
                                      double* feature) const {
  double number = 0;
  if (const std::optional<std::string> wrong = ParseNumber(cell.text, number)) {
    if (!IsMissing(cell.text)) return Refuse(cell, column.name, *wrong);
    if (!column.imputed_number) return Refuse(cell, column.name, "a number is missing: fill it in");
    number = *column.imputed_number;
  }
  *feature = (number - column.mean) / column.scale;
  if (std::isfinite(*feature)) return absl::OkStatus();
  return Refuse(cell, column.name, Quoted(cell.text) + " is too far from the column's mean");
}

absl::Status RowEncoder::EncodeText(std::size_t i, const CsvCell& cell, double* features) const {
  const Column& column = schema_->columns[i];
  auto found = categories_[i].find(cell.text);
  if (found == categories_[i].end() && IsMissing(cell.text)) {
    if (!column.imputed_category) return Refuse(cell, column.name, "a text is missing: fill it in");
    found = categories_[i].find(*column.imputed_category);
  }
  if (found == categories_[i].end()) {
    return Refuse(
        cell, column.name,
        absl::StrCat(Quoted(cell.text), " is none of its texts (", Some(column.categories), ")"));
  }
  std::fill_n(features, column.categories.size(), 0.0);
  features[found->second] = 1;
  return absl::OkStatus();
}

absl::StatusOr<double> RowEncoder::Label(const CsvRecord& row) const {
  const CsvCell& cell = row.cells[*label_];
  if (const auto found = classes_.find(cell.text); found != classes_.end()) {
    return static_cast<double>(found->second);
  }
  if (IsMissing(cell.text)) return Refuse(cell, schema_->label, "the label is missing");
  double number = 0;
  const std::optional<std::string> wrong = ParseNumber(cell.text, number);
  if (schema_->regression()) {
    if (wrong) return Refuse(cell, schema_->label, *wrong);
    return number;
  }
  if (!wrong) {
    const auto found = classes_.find(NumberText(number));
    if (found != classes_.end()) return static_cast<double>(found->second);
  }
  return Refuse(
      cell, schema_->label,
      absl::StrCat(Quoted(cell.text), " is none of the classes (", Some(schema_->classes), ")"));
}

absl::Status RowEncoder::Refuse(const CsvCell& cell, const std::string& column,
                                std::string_view what) const {
  return BadText(name_, cell.place, absl::StrCat("column ", Quoted(column), ": ", AbslView(what)));
}

}  // namespace mlp
