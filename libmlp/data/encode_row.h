// The step from the cells of a table's row to the features of a model, as a schema says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/data/csv_reader.h"
#include "libmlp/data/schema.h"

namespace mlp {

// The answer to whether the first row of a file names the columns.
enum class Header : std::uint8_t { kAuto, kYes, kNo };

// The rule of kAuto if no schema is known: a first row without a single number is a header.
bool HasNoNumber(const CsvRecord& record);

// The schema of a model that has none: numbers stay as they are, in columns "1", "2", …, and
// classes go by their numbers. 0 classes mean a number to predict.
Schema PlainSchema(std::size_t features, std::size_t classes);

// Encodes the rows of one file. If the file has a header, columns are found by their names, in any
// order, beside others that are ignored. Without a header, and for a schema that was made without
// one (its columns go by numbers), they are found by position. As many cells as columns are the
// columns in their order. If there are more, columns and label that go by numbers are the cells
// with these numbers; otherwise one more cell is the label, last. Immutable; `schema` must live as
// long.
class RowEncoder {
 public:
  // Finds the columns by the first record of the file `name`. With kAuto it is a header if one of
  // its cells is the name of a column or of the label; if columns go by numbers, HasNoNumber
  // decides. InvalidArgument: a column is missing (which ones), a name is there twice, the number
  // of cells does not fit.
  static absl::StatusOr<RowEncoder> Make(const Schema& schema, const CsvRecord& first,
                                         Header header, std::string name);

  // Tells whether the record that it was made with is a header and no row.
  bool has_header() const { return has_header_; }
  bool has_label() const { return label_.has_value(); }
  // Number of cells in a row, that of the first record.
  std::size_t cells() const { return cells_; }

  // Writes the schema.features() features of a row. InvalidArgument with file, line, column and the
  // column's name: a cell that is no finite number, a text that the column cannot have, a missing
  // value without a substitute in the schema.
  absl::Status Encode(const CsvRecord& row, double* features) const;
  // The class's number, or the number to predict, of a row of a file that has_label(). Errors as
  // Encode's.
  absl::StatusOr<double> Label(const CsvRecord& row) const;
  // The cell of a row that becomes the features of that column.
  const CsvCell& CellOf(const CsvRecord& row, std::size_t column) const {
    return row.cells[cell_of_[column]];
  }
  // The label as it is written.
  const std::string& LabelText(const CsvRecord& row) const { return row.cells[*label_].text; }

 private:
  RowEncoder(const Schema& schema, std::size_t cells, std::string name);
  absl::Status FindByName(const CsvRecord& header);
  absl::Status FindByPosition(const CsvRecord& first);
  absl::Status EncodeNumber(const Column& column, const CsvCell& cell, double* feature) const;
  absl::Status EncodeText(std::size_t column, const CsvCell& cell, double* features) const;
  absl::Status Refuse(const CsvCell& cell, const std::string& column, std::string_view what) const;

  const Schema* schema_;
  std::string name_;
  std::size_t cells_;
  bool has_header_ = false;
  std::vector<std::size_t> cell_of_;  // by column
  std::optional<std::size_t> label_;  // its cell
  // The position of each text in its column's categories, by column.
  std::vector<std::unordered_map<std::string, std::size_t>> categories_;
  std::unordered_map<std::string, std::size_t> classes_;
};

}  // namespace mlp
