#include "libmlp/data/table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"
#include "libmlp/data/encode_row.h"
#include "libmlp/data/libsvm.h"
#include "libmlp/data/npy.h"

namespace mlp {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

TableFormat Known(const TableText& text) {
  return text.format == TableFormat::kAuto ? FormatOf(text.bytes) : text.format;
}

// True if the first record may name the columns.
bool MayNameColumns(TableFormat format) {
  switch (format) {
    case TableFormat::kAuto:
    case TableFormat::kCsv:
      return true;
    case TableFormat::kLibsvm:
    case TableFormat::kNpy:
      return false;
  }
  return false;
}

// `schema` with a substitute for every missing value, so that rows can be encoded before the real
// substitutes are known.
Schema Tolerant(Schema schema) {
  for (Column& column : schema.columns) {
    if (column.categories.empty()) {
      column.imputed_number = 0;
    } else {
      column.imputed_category = column.categories.front();
    }
  }
  return schema;
}

// Makes the values that the row lacks NaN.
void MarkMissing(const RowEncoder& encoder, const Schema& schema, const CsvRecord& record,
                 double* values) {
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const std::string& text = encoder.CellOf(record, i).text;
    const auto& texts = column.categories;
    if (IsMissing(text) && std::find(texts.begin(), texts.end(), text) == texts.end()) {
      std::fill_n(values, column.features(), kMissing);
    }
    values += column.features();
  }
}

absl::Status CheckSize(const TableText& text, std::size_t rows, std::size_t features) {
  if (rows <= kMaxTableNumbers / features) return absl::OkStatus();
  return BadText(text.name, {},
                 absl::StrCat(rows, " rows of ", features, " features are more than ",
                              kMaxTableNumbers, " numbers: leave out rows or columns"));
}

absl::Status AddRow(const RowEncoder& encoder, const Schema& schema, const CsvRecord& record,
                    bool impute, Table& table) {
  table.values.resize(table.values.size() + table.features);
  double* const values = table.values.data() + table.values.size() - table.features;
  if (absl::Status status = encoder.Encode(record, values); !status.ok()) return status;
  if (impute) MarkMissing(encoder, schema, record, values);
  const absl::StatusOr<double> label = encoder.Label(record);
  if (label.ok()) table.labels.push_back(*label);
  return label.status();
}

// Hands `take` the values of one feature in some rows.
template <class Take>
void ForEachValue(const Table& table, std::span<const std::size_t> rows, std::size_t feature,
                  Take take) {
  for (const std::size_t row : rows) take(table.values[row * table.features + feature]);
}

std::string MostFrequent(const Table& table, std::span<const std::size_t> rows, std::size_t feature,
                         const Column& column) {
  std::size_t best = 0, best_count = 0;
  for (std::size_t i = 0; i < column.categories.size(); ++i) {
    std::size_t count = 0;
    ForEachValue(table, rows, feature + i, [&count](double value) { count += value == 1 ? 1 : 0; });
    if (count > best_count) best = i, best_count = count;
  }
  return column.categories[best];
}

// The mean of the values that are present; 0 if none is.
double MeanOfPresent(const Table& table, std::span<const std::size_t> rows, std::size_t feature) {
  double sum = 0;
  std::size_t count = 0;
  ForEachValue(table, rows, feature, [&](double value) {
    if (std::isnan(value)) return;
    sum += value;
    ++count;
  });
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

void StandardizeColumn(const Table& table, std::span<const std::size_t> rows, std::size_t feature,
                       Column& column) {
  const auto present = [&](double value) {
    return std::isnan(value) ? column.imputed_number.value_or(0) : value;
  };
  double sum = 0, least = HUGE_VAL, greatest = -HUGE_VAL, squares = 0;
  ForEachValue(table, rows, feature, [&](double value) {
    sum += present(value);
    least = std::min(least, present(value));
    greatest = std::max(greatest, present(value));
  });
  const bool constant = least == greatest;  // the quotient may miss it by a rounding
  column.mean = constant ? least : sum / static_cast<double>(rows.size());
  ForEachValue(table, rows, feature, [&](double value) {
    const double distance = present(value) - column.mean;
    squares += distance * distance;
  });
  column.scale = constant ? 1 : std::sqrt(squares / static_cast<double>(rows.size()));
  if (column.scale == 0) column.scale = 1;  // the squares were too small
}

}  // namespace

std::string_view TableFormatName(TableFormat format) {
  switch (format) {
    case TableFormat::kAuto:
      return "auto";
    case TableFormat::kCsv:
      return "csv";
    case TableFormat::kLibsvm:
      return "libsvm";
    case TableFormat::kNpy:
      return "npy";
  }
  return "";
}

TableFormat FormatOf(std::string_view bytes) {
  if (LooksLikeNpy(bytes)) return TableFormat::kNpy;
  const std::string_view first = bytes.substr(0, std::size_t{1} << 16);
  return LooksLikeLibsvm(first) ? TableFormat::kLibsvm : TableFormat::kCsv;
}

absl::Status ForEachRecord(const TableText& text, std::size_t features,
                           const std::function<absl::Status(const CsvRecord&)>& take) {
  switch (Known(text)) {
    case TableFormat::kNpy:
      return ForEachNpyRecord(text.bytes, text.name, take);
    case TableFormat::kLibsvm: {
      if (features > 0) return ForEachLibsvmRecord(text.bytes, text.name, features, take);
      const absl::StatusOr<LibsvmShape> shape = MeasureLibsvm(text.bytes, text.name);
      if (!shape.ok()) return shape.status();
      absl::Status status = CheckSize(text, shape->rows, shape->features);
      if (!status.ok()) return status;
      return ForEachLibsvmRecord(text.bytes, text.name, shape->features, take);
    }
    case TableFormat::kAuto:
    case TableFormat::kCsv:
      break;
  }
  return ForEachRecord(text.bytes, text.name, text.separator, take);
}

absl::StatusOr<TableFile> ReadTable(const TableText& text, const SchemaOptions& options) {
  SchemaOptions known = options;
  if (!MayNameColumns(Known(text))) known.header = Header::kNo;
  SchemaBuilder builder(text.name, known);
  absl::Status status =
      ForEachRecord(text, 0, [&](const CsvRecord& record) { return builder.Take(record); });
  if (!status.ok()) return status;
  absl::StatusOr<Inferred> inferred = builder.Finish();
  if (!inferred.ok()) return inferred.status();
  status = CheckSize(text, inferred->rows, inferred->schema.features());
  if (!status.ok()) return status;
  const Header header = inferred->has_header ? Header::kYes : Header::kNo;
  absl::StatusOr<Table> table = ReadRows(text, *inferred, header, options.impute);
  if (!table.ok()) return table.status();
  return TableFile{*std::move(inferred), *std::move(table)};
}

absl::StatusOr<Table> ReadRows(const TableText& text, const Inferred& inferred, Header header,
                               bool impute) {
  const Schema& schema = inferred.schema;
  if (!MayNameColumns(Known(text))) header = Header::kNo;
  const Schema tolerant = impute ? Tolerant(schema) : schema;
  Table table;
  table.features = schema.features();
  std::optional<RowEncoder> encoder;
  const auto take = [&](const CsvRecord& record) -> absl::Status {
    if (!encoder) {
      absl::StatusOr<RowEncoder> made = RowEncoder::Make(tolerant, record, header, text.name);
      if (!made.ok()) return made.status();
      encoder = *std::move(made);
      if (!encoder->has_label()) {
        return BadText(text.name, record.cells.front().place,
                       "the label, column " + Quoted(schema.label) + ", is missing");
      }
      if (encoder->has_header()) return absl::OkStatus();
      if (encoder->cells() != inferred.cells) {
        return BadText(
            text.name, record.cells.front().place,
            absl::StrCat("the row has ", encoder->cells(), " cells, expected ", inferred.cells));
      }
    }
    if (absl::Status status = CheckSize(text, table.rows() + 1, table.features); !status.ok()) {
      return status;
    }
    return AddRow(*encoder, tolerant, record, impute, table);
  };
  absl::Status status = ForEachRecord(text, schema.columns.size(), take);
  if (!status.ok()) return status;
  if (table.rows() == 0) return BadText(text.name, {}, "there is no row after the header");
  return table;
}

void ImputeFrom(const Table& table, std::span<const std::size_t> rows, Schema& schema) {
  std::size_t feature = 0;
  for (Column& column : schema.columns) {
    if (column.categories.empty()) {
      column.imputed_number = MeanOfPresent(table, rows, feature);
    } else {
      column.imputed_category = MostFrequent(table, rows, feature, column);
    }
    feature += column.features();
  }
}

absl::Status StandardizeFrom(const Table& table, std::span<const std::size_t> rows,
                             Schema& schema) {
  std::size_t feature = 0;
  for (Column& column : schema.columns) {
    if (column.categories.empty()) StandardizeColumn(table, rows, feature, column);
    if (!std::isfinite(column.mean) || !std::isfinite(column.scale)) {
      return absl::InvalidArgumentError(
          absl::StrCat("column ", Quoted(column.name),
                       ": its numbers are too large to be standardised: divide them by something, "
                       "or say --no-standardize"));
    }
    feature += column.features();
  }
  return absl::OkStatus();
}

absl::Status Apply(const Schema& schema, Table& table) {
  std::size_t feature = 0;
  for (const Column& column : schema.columns) {
    for (std::size_t row = 0; row < table.rows(); ++row) {
      double* const values = table.row(row).data() + feature;
      if (column.categories.empty()) {
        if (std::isnan(*values)) *values = column.imputed_number.value_or(0);
        *values = (*values - column.mean) / column.scale;
        if (!std::isfinite(*values)) {
          return absl::InvalidArgumentError(
              absl::StrCat("column ", Quoted(column.name), ", row ", row + 1,
                           ": the number is too far from the column's mean: correct it, or say "
                           "--no-standardize"));
        }
      } else if (std::isnan(*values)) {
        for (std::size_t i = 0; i < column.categories.size(); ++i) {
          values[i] = column.categories[i] == column.imputed_category ? 1 : 0;
        }
      }
    }
    feature += column.features();
  }
  return absl::OkStatus();
}

}  // namespace mlp
