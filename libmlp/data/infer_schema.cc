#include "libmlp/data/infer_schema.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/data/cell.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/data/label.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

constexpr double kMaxClassNumber = 9007199254740992;  // 2^53: beyond, neighbours look the same

bool IsWhole(double number) {
  return number == std::floor(number) && std::abs(number) <= kMaxClassNumber;
}

}  // namespace

SchemaBuilder::SchemaBuilder(std::string file, const SchemaOptions& options)
    : file_(std::move(file)), options_(options) {}

absl::Status SchemaBuilder::Take(const CsvRecord& record) {
  if (!std::exchange(begun_, true)) {
    if (absl::Status status = Begin(record); !status.ok()) return status;
    if (inferred_.has_header) return absl::OkStatus();
  }
  ++inferred_.rows;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (ignored_[i]) continue;
    const CsvCell& cell = record.cells[i];
    absl::Status status = i == label_ ? TakeLabel(cell) : TakeCell(cell, columns_[i]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Names the columns, and finds those that the options name.
absl::Status SchemaBuilder::Begin(const CsvRecord& first) {
  inferred_.has_header =
      options_.header == Header::kAuto ? HasNoNumber(first) : options_.header == Header::kYes;
  const std::size_t columns = first.cells.size();
  inferred_.cells = columns;
  columns_.resize(columns);
  ignored_.assign(columns, false);
  for (std::size_t i = 0; i < columns; ++i) {
    columns_[i].name = inferred_.has_header ? first.cells[i].text : absl::StrCat(i + 1);
    columns_[i].place = first.cells[i].place;
  }
  for (const std::string& ignored : options_.ignored) {
    const absl::StatusOr<std::size_t> column = Find(ignored, first);
    if (!column.ok()) return column.status();
    ignored_[*column] = true;
  }
  for (const std::string& text : options_.texts) {
    const absl::StatusOr<std::size_t> column = Find(text, first);
    if (!column.ok()) return column.status();
    columns_[*column].kind = Kind::kText;
  }
  label_ = columns - 1;
  if (!options_.label.empty()) {
    const absl::StatusOr<std::size_t> column = Find(options_.label, first);
    if (!column.ok()) return column.status();
    label_ = *column;
  }
  return NameColumns(first);
}

absl::Status SchemaBuilder::NameColumns(const CsvRecord& first) {
  std::set<std::string> names;
  std::size_t features = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (ignored_[i] && i != label_) continue;
    const ColumnSoFar& column = columns_[i];
    if (column.name.empty()) {
      return BadText(file_, column.place,
                     absl::StrCat("column ", i + 1,
                                  " has no name: name it in the header, or leave "
                                  "it out (--ignore ",
                                  i + 1, ")"));
    }
    if (!names.insert(column.name).second) {
      return Refuse(column.place, column, "another column has that name: rename one");
    }
    if (i != label_) ++features;
  }
  if (ignored_[label_]) {
    return Refuse(columns_[label_].place, columns_[label_],
                  "is the label: name another with --label, or do not ignore it");
  }
  if (features > 0) return absl::OkStatus();
  return BadText(file_, first.cells.front().place,
                 absl::StrCat("the row has ", columns_.size(),
                              " columns: expected at least one feature beside the label",
                              SeparatorHint(first.cells.front().text, columns_.size())));
}

// Finds a column by its name or, if none has that name, by its number from 1.
absl::StatusOr<std::size_t> SchemaBuilder::Find(const std::string& column,
                                                const CsvRecord& first) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == column) return i;
  }
  std::size_t number = 0;
  if (absl::SimpleAtoi(column, &number) && number >= 1 && number <= columns_.size()) {
    return number - 1;
  }
  std::vector<std::string> names;
  for (const ColumnSoFar& known : columns_) names.push_back(known.name);
  constexpr std::size_t kShown = 20;
  const bool more = names.size() > kShown;
  if (more) names.resize(kShown);
  return BadText(file_, columns_.front().place,
                 absl::StrCat("there is no column ", Quoted(column), "; there are ",
                              absl::StrJoin(names, ", "), more ? ", …" : "",
                              inferred_.has_header ? "" : " (the file has no header)",
                              SeparatorHint(first.cells.front().text, columns_.size())));
}

// A column has the kind of its first value.
void SchemaBuilder::Sight(const CsvCell& cell, ColumnSoFar& column) {
  if (column.kind != Kind::kUnknown) return;
  column.kind = LooksLikeNumber(cell.text) ? Kind::kNumber : Kind::kText;
  column.place = cell.place;
}

absl::Status SchemaBuilder::TakeCell(const CsvCell& cell, ColumnSoFar& column) {
  if (IsMissing(cell.text)) {
    if (options_.impute) return absl::OkStatus();
    return Refuse(cell.place, column,
                  "a value is missing: fill it in, leave out the row or the column (--ignore), or "
                  "take the column's mean or most frequent text for it (--impute)");
  }
  Sight(cell, column);
  if (column.kind == Kind::kText) return TakeText(cell, column);
  double number = 0;
  const std::optional<std::string> wrong = ParseNumber(cell.text, number);
  if (!wrong) return absl::OkStatus();
  return Refuse(cell.place, column,
                absl::StrCat(*wrong, ", the column's first value (line ", column.place.line,
                             ") is: correct it, or make the column one of texts (--text)"));
}

absl::Status SchemaBuilder::TakeText(const CsvCell& cell, ColumnSoFar& column) {
  column.texts.insert(cell.text);
  if (column.texts.size() <= kMaxCategories) return absl::OkStatus();
  return Refuse(cell.place, column,
                absl::StrCat("has more than ", kMaxCategories,
                             " different texts, each of which would be a feature: leave the column "
                             "out (--ignore)"));
}

absl::Status SchemaBuilder::TakeLabel(const CsvCell& cell) {
  ColumnSoFar& column = columns_[label_];
  if (IsMissing(cell.text)) {
    return Refuse(cell.place, column, "the label is missing: fill it in or leave out the row");
  }
  if (options_.regression) return CheckTarget(cell, column);
  Sight(cell, column);
  if (column.kind == Kind::kText) {
    texts_.emplace(cell.text, cell.place);
    return CountClasses(cell, texts_.size(), static_cast<std::size_t>(kMaxClasses));
  }
  double number = 0;
  const std::optional<std::string> wrong = ParseNumber(cell.text, number);
  if (!wrong) return TakeClassNumber(cell, number);
  return Refuse(cell.place, column,
                absl::StrCat(*wrong, ", the first label (line ", column.place.line,
                             ") is: correct it, or make the column one of texts (--text)"));
}

absl::Status SchemaBuilder::CheckTarget(const CsvCell& cell, const ColumnSoFar& column) const {
  double number = 0;
  std::optional<std::string> wrong = ParseNumber(cell.text, number);
  if (!wrong && column.kind == Kind::kText) wrong = Quoted(cell.text) + " is a text (--text)";
  if (!wrong) return absl::OkStatus();
  return Refuse(cell.place, column,
                absl::StrCat(*wrong,
                             ": regression predicts numbers; without --regression texts are "
                             "classes"));
}

absl::Status SchemaBuilder::TakeClassNumber(const CsvCell& cell, double number) {
  if (!IsWhole(number)) {
    return Refuse(cell.place, columns_[label_],
                  Quoted(cell.text) +
                      " is not a whole number, so no class: to predict numbers say --regression");
  }
  numbers_.emplace(number, cell.place);
  return CountClasses(cell, numbers_.size(), kMaxNumberedClasses);
}

absl::Status SchemaBuilder::CountClasses(const CsvCell& cell, std::size_t classes,
                                         std::size_t limit) const {
  if (classes <= limit) return absl::OkStatus();
  return Refuse(cell.place, columns_[label_],
                absl::StrCat("has more than ", limit, " different ",
                             numbers_.empty() ? "texts, too many for classes: is it the label?"
                                              : "numbers, too many for classes: to predict "
                                                "numbers say --regression"));
}

absl::StatusOr<Inferred> SchemaBuilder::Finish() {
  const TextPlace first = columns_.empty() ? TextPlace{} : columns_.front().place;
  if (inferred_.rows == 0) return BadText(file_, first, "there is no row after the header");
  Inferred inferred = std::move(inferred_);
  Schema& schema = inferred.schema;
  schema.label = columns_[label_].name;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnSoFar& column = columns_[i];
    if (i == label_ || ignored_[i]) continue;
    if (column.kind == Kind::kUnknown || (column.kind == Kind::kText && column.texts.empty())) {
      return Refuse(column.place, column, "has no value at all: leave it out (--ignore)");
    }
    Column& added = schema.columns.emplace_back();
    added.name = column.name;
    added.categories.assign(column.texts.begin(), column.texts.end());
    std::sort(added.categories.begin(), added.categories.end(), NaturalLess);
  }
  NameClasses(inferred);
  if (!options_.regression && schema.classes.size() == 1) {
    return Refuse(inferred.first_label.front(), columns_[label_],
                  absl::StrCat("every row has the label ", Quoted(schema.classes.front()),
                               ": classes are two at least"));
  }
  if (absl::Status status = CheckSchema(schema); !status.ok()) return status;
  return inferred;
}

void SchemaBuilder::NameClasses(Inferred& inferred) const {
  for (const auto& [number, place] : numbers_) {
    inferred.schema.classes.push_back(NumberText(number));
    inferred.first_label.push_back(place);
  }
  for (const auto& [text, place] : texts_) inferred.schema.classes.push_back(text);
  if (texts_.empty()) return;
  std::sort(inferred.schema.classes.begin(), inferred.schema.classes.end(), NaturalLess);
  for (const std::string& text : inferred.schema.classes) {
    inferred.first_label.push_back(texts_.at(text));
  }
}

absl::Status SchemaBuilder::Refuse(TextPlace place, const ColumnSoFar& column,
                                   std::string_view what) const {
  return BadText(file_, place, absl::StrCat("column ", Quoted(column.name), ": ", AbslView(what)));
}

}  // namespace mlp
