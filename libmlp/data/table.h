// Tables as people have them (CSV, LIBSVM, NumPy), as rows of features and labels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/data/csv_reader.h"
#include "libmlp/data/infer_schema.h"
#include "libmlp/data/schema.h"

namespace mlp {

enum class TableFormat : std::uint8_t { kAuto, kCsv, kLibsvm, kNpy };
inline constexpr std::array kTableFormats = {TableFormat::kAuto, TableFormat::kCsv,
                                             TableFormat::kLibsvm, TableFormat::kNpy};

// The name as users write it: "auto", "csv", "libsvm", "npy".
std::string_view TableFormatName(TableFormat format);
// The format of `bytes`, by their content: kCsv if they are nothing else.
TableFormat FormatOf(std::string_view bytes);

// The bytes of a file, not compressed, and how to read them.
struct TableText {
  std::string name;  // its name in errors
  std::string_view bytes;
  TableFormat format = TableFormat::kAuto;
  char separator = ',';  // of CSV
};

// Hands `take` every record in order, as ForEachRecord of csv_reader.h does. LIBSVM's records have
// so many features or, if `features` is 0, as many as the greatest index; then there may be
// kMaxTableNumbers numbers at most.
absl::Status ForEachRecord(const TableText& text, std::size_t features,
                           const std::function<absl::Status(const CsvRecord&)>& take);

// Encoded rows.
struct Table {
  std::size_t features = 0;
  std::vector<double> values;  // rows x features, row by row; a missing value is NaN
  std::vector<double> labels;  // class numbers, or the numbers to predict

  std::size_t rows() const { return labels.size(); }
  std::span<double> row(std::size_t i) { return {values.data() + i * features, features}; }
  std::span<const double> row(std::size_t i) const {
    return {values.data() + i * features, features};
  }
};

// The most numbers in a table, labels aside.
inline constexpr std::size_t kMaxTableNumbers = std::size_t{1} << 28;

struct TableFile {
  Inferred inferred;
  Table table;
};

// Finds the columns' schema and encodes all rows. InvalidArgument, with file, line, column and
// what to do, if the text is malformed or SchemaBuilder refuses it, or there would be more than
// kMaxTableNumbers numbers.
absl::StatusOr<TableFile> ReadTable(const TableText& text, const SchemaOptions& options);

// Encodes the rows of another file as `inferred` says. It must have the label and, without a
// header, as many cells; with `impute` values may be missing.
absl::StatusOr<Table> ReadRows(const TableText& text, const Inferred& inferred, Header header,
                               bool impute);

// Has every column impute its mean or its most frequent text (the first of those equally frequent)
// over these rows, in their order.
void ImputeFrom(const Table& table, std::span<const std::size_t> rows, Schema& schema);

// Gives each column of numbers its mean and population standard deviation over these rows, in their
// order and with imputed values; a column that is the same in all rows has scale 1.
// InvalidArgument if the numbers of a column are too large for that.
absl::Status StandardizeFrom(const Table& table, std::span<const std::size_t> rows, Schema& schema);

// Makes the values what RowEncoder would have made them by `schema`: fills in missing values, and
// standardises. InvalidArgument if one would not be finite.
absl::Status Apply(const Schema& schema, Table& table);

}  // namespace mlp
