// Finds the schema of a table from one look at all of its records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/data/csv_reader.h"
#include "libmlp/data/encode_row.h"
#include "libmlp/data/schema.h"

namespace mlp {

struct SchemaOptions {
  Header header = Header::kAuto;
  std::string label;                 // name or number of the column; empty: the last
  std::vector<std::string> texts;    // columns of texts, whatever these look like
  std::vector<std::string> ignored;  // columns that are left out
  bool regression = false;           // the label is a number to predict
  bool impute = false;               // values may be missing
};

// A label with more different numbers than this is not taken for classes.
inline constexpr std::size_t kMaxNumberedClasses = 1000;

struct Inferred {
  Schema schema;  // checked; neither standardised nor with anything to impute
  bool has_header = false;
  std::size_t rows = 0;                // 1 or more
  std::size_t cells = 0;               // of each
  std::vector<TextPlace> first_label;  // by class: its first row's
};

// Takes the records of one file, then returns their schema.
//
// A column is a number or a text as its first value that is not missing; a text in a column of
// numbers is an error. Its texts, and texts as a label, are put in natural order; numbers as
// classes in theirs.
class SchemaBuilder {
 public:
  SchemaBuilder(std::string file, const SchemaOptions& options);

  // InvalidArgument, with file, line, column and what to do: an unknown column in the options, one
  // without a name or with another's, fewer than one feature and the label, a text among numbers, a
  // number that is not finite, a missing value (without `impute`; of the label always), more than
  // kMaxCategories texts; a label that is no number (regression) or no whole number, more than
  // kMaxNumberedClasses numbers or kMaxClasses texts as classes.
  absl::Status Take(const CsvRecord& record);
  // InvalidArgument: no row, a column without a value, a single class.
  absl::StatusOr<Inferred> Finish();

 private:
  enum class Kind : std::uint8_t { kUnknown, kNumber, kText };
  struct ColumnSoFar {
    std::string name;
    TextPlace place;  // its first cell
    Kind kind = Kind::kUnknown;
    std::set<std::string> texts;
  };

  absl::Status Begin(const CsvRecord& first);
  absl::Status NameColumns(const CsvRecord& first);
  absl::StatusOr<std::size_t> Find(const std::string& column, const CsvRecord& first) const;
  static void Sight(const CsvCell& cell, ColumnSoFar& column);
  absl::Status TakeCell(const CsvCell& cell, ColumnSoFar& column);
  absl::Status TakeText(const CsvCell& cell, ColumnSoFar& column);
  absl::Status TakeLabel(const CsvCell& cell);
  absl::Status CheckTarget(const CsvCell& cell, const ColumnSoFar& column) const;
  absl::Status TakeClassNumber(const CsvCell& cell, double number);
  absl::Status CountClasses(const CsvCell& cell, std::size_t classes, std::size_t limit) const;
  void NameClasses(Inferred& inferred) const;
  absl::Status Refuse(TextPlace place, const ColumnSoFar& column, std::string_view what) const;

  std::string file_;
  SchemaOptions options_;
  bool begun_ = false;
  Inferred inferred_;
  std::vector<ColumnSoFar> columns_;  // of the file
  std::vector<bool> ignored_;         // by column
  std::size_t label_ = 0;
  // The places where each class came first.
  std::map<double, TextPlace> numbers_;
  std::unordered_map<std::string, TextPlace> texts_;
};

}  // namespace mlp
