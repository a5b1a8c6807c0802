#include "cli/show/table_summary.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/base/printable.h"

namespace mlp::cli {
namespace {

constexpr std::size_t kMaxColumns = 100;  // columns that are listed
constexpr std::size_t kMaxTexts = 5;      // texts of a column
constexpr std::size_t kMaxClassesShown = 30;

// Takes numbers one by one.
class RangeOf {
 public:
  void Take(double value) {
    least_ = std::min(least_, value);
    greatest_ = std::max(greatest_, value);
    sum_ += value;
    ++count_;
  }
  Range range() const {
    if (count_ == 0) return {};
    return {least_, sum_ / static_cast<double>(count_), greatest_};
  }

 private:
  double least_ = HUGE_VAL;
  double greatest_ = -HUGE_VAL;
  double sum_ = 0;
  std::size_t count_ = 0;
};

ColumnSummary SummarizeColumn(const Column& column, const Table& table, std::size_t feature) {
  ColumnSummary summary;
  summary.name = column.name;
  summary.texts = column.categories;
  summary.text_rows.resize(column.categories.size());
  RangeOf range;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double* const values = table.row(row).data() + feature;
    if (std::isnan(*values)) {
      ++summary.missing;
    } else if (column.categories.empty()) {
      range.Take(*values * column.scale + column.mean);
    }
    for (std::size_t i = 0; i < column.categories.size(); ++i) {
      if (values[i] == 1) ++summary.text_rows[i];
    }
  }
  summary.range = range.range();
  return summary;
}

std::string NumberOf(double number) { return absl::StrFormat("%.6g", number); }

// "red 3, blue 2, …".
std::string TextsOf(const ColumnSummary& column) {
  std::string text;
  for (std::size_t i = 0; i < std::min(column.texts.size(), kMaxTexts); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", column.texts[i], " ", column.text_rows[i]);
  }
  return text + (column.texts.size() > kMaxTexts ? ", …" : "");
}

void PrintLabel(const Terminal& terminal, const TableSummary& summary) {
  if (summary.classes.empty()) {
    const Range& targets = summary.targets;
    terminal.out << Printable(summary.label) << ", to predict: " << NumberOf(targets.least)
                 << " to " << NumberOf(targets.greatest) << ", mean " << NumberOf(targets.mean)
                 << '\n';
    return;
  }
  AlignedTable table({summary.label, "ROWS", "SHARE"});
  const std::size_t listed = std::min(summary.classes.size(), kMaxClassesShown);
  for (std::size_t i = 0; i < listed; ++i) {
    const double share =
        static_cast<double>(summary.class_rows[i]) / static_cast<double>(summary.rows);
    table.Add({summary.classes[i], absl::StrCat(summary.class_rows[i]),
               absl::StrFormat("%.1f %%", 100 * share)});
  }
  table.Print(terminal);
  if (listed < summary.classes.size()) {
    terminal.out << "… and " << summary.classes.size() - listed << " more; --json has all\n";
  }
}

google::protobuf::Struct StructOf(const Range& range) {
  google::protobuf::Struct object;
  (*object.mutable_fields())["least"].set_number_value(range.least);
  (*object.mutable_fields())["mean"].set_number_value(range.mean);
  (*object.mutable_fields())["greatest"].set_number_value(range.greatest);
  return object;
}

google::protobuf::Struct StructOf(const std::vector<std::string>& names,
                                  const std::vector<std::size_t>& rows) {
  google::protobuf::Struct object;
  for (std::size_t i = 0; i < names.size(); ++i) {
    (*object.mutable_fields())[names[i]].set_number_value(static_cast<double>(rows[i]));
  }
  return object;
}

google::protobuf::Struct StructOf(const ColumnSummary& column) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  fields["name"].set_string_value(column.name);
  fields["missing"].set_number_value(static_cast<double>(column.missing));
  if (column.texts.empty()) {
    *fields["numbers"].mutable_struct_value() = StructOf(column.range);
  } else {
    *fields["texts"].mutable_struct_value() = StructOf(column.texts, column.text_rows);
  }
  return object;
}

}  // namespace

TableSummary Summarize(const Schema& schema, const Table& table) {
  TableSummary summary;
  summary.rows = table.rows();
  summary.features = table.features;
  std::size_t feature = 0;
  for (const Column& column : schema.columns) {
    summary.columns.push_back(SummarizeColumn(column, table, feature));
    feature += column.features();
  }
  summary.label = schema.label;
  summary.classes = schema.classes;
  summary.class_rows.resize(schema.classes.size());
  RangeOf targets;
  for (const double label : table.labels) {
    if (schema.regression()) {
      targets.Take(label);
    } else {
      ++summary.class_rows[static_cast<std::size_t>(label)];
    }
  }
  summary.targets = targets.range();
  return summary;
}

void PrintText(const Terminal& terminal, const std::string& name, const TableSummary& summary) {
  terminal.out << Printable(name) << ": " << summary.rows << " rows, " << summary.columns.size()
               << " columns that become " << summary.features << " features\n";
  AlignedTable table({"COLUMN", "LEAST", "MEAN", "GREATEST", "MISSING", "TEXTS"});
  const std::size_t listed = std::min(summary.columns.size(), kMaxColumns);
  for (std::size_t i = 0; i < listed; ++i) {
    const ColumnSummary& column = summary.columns[i];
    const bool text = !column.texts.empty();
    table.Add({column.name, text ? "" : NumberOf(column.range.least),
               text ? "" : NumberOf(column.range.mean), text ? "" : NumberOf(column.range.greatest),
               absl::StrCat(column.missing), TextsOf(column)});
  }
  table.Print(terminal);
  if (listed < summary.columns.size()) {
    terminal.out << "… and " << summary.columns.size() - listed << " more; --json has all\n";
  }
  PrintLabel(terminal, summary);
  terminal.out << std::flush;
}

std::string JsonOf(const std::string& name, const TableSummary& summary) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  fields["name"].set_string_value(name);
  fields["rows"].set_number_value(static_cast<double>(summary.rows));
  fields["features"].set_number_value(static_cast<double>(summary.features));
  fields["label"].set_string_value(summary.label);
  for (const ColumnSummary& column : summary.columns) {
    *fields["columns"].mutable_list_value()->add_values()->mutable_struct_value() =
        StructOf(column);
  }
  if (summary.classes.empty()) {
    *fields["targets"].mutable_struct_value() = StructOf(summary.targets);
  } else {
    *fields["classes"].mutable_struct_value() = StructOf(summary.classes, summary.class_rows);
  }
  return Json(object);
}

}  // namespace mlp::cli
