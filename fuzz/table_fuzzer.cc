// Fuzzes a table of a user: CSV, LIBSVM or a NumPy array. The first byte selects how it is read.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "libmlp/data/csv_reader.h"
#include "libmlp/data/encode_row.h"
#include "libmlp/data/libsvm.h"
#include "libmlp/data/table.h"

namespace mlp {
namespace {

using fuzz::Check;

constexpr std::size_t kMaxFeatures = 2000;  // more take too long

SchemaOptions OptionsOf(std::uint8_t byte) {
  SchemaOptions options;
  options.regression = (byte & 1) != 0;
  options.impute = (byte & 2) != 0;
  options.header = static_cast<Header>((byte >> 2) % 3);
  if ((byte & 16) != 0) options.label = std::string("1");
  if ((byte & 32) != 0) options.texts.emplace_back("2");
  if ((byte & 64) != 0) options.ignored.emplace_back("3");
  return options;
}

// Checks that the records are the same wherever the text is cut.
void CheckCut(std::string_view text) {
  std::size_t whole = 0, cut = 0;
  const auto count = [](std::size_t& cells) {
    return [&cells](const CsvRecord& record) {
      for (const CsvCell& cell : record.cells) cells += cell.text.size() + cell.place.column;
      return absl::OkStatus();
    };
  };
  const absl::Status status = ForEachRecord(text, "t", ',', count(whole));
  CsvReader reader("t");
  CsvRecord record;
  absl::StatusOr<bool> there = false;
  for (std::size_t at = 0; at <= text.size() && there.ok(); ++at) {
    if (at < text.size()) {
      reader.Add(text.substr(at, 1));
    } else {
      reader.End();
    }
    for (there = reader.Next(record); there.ok() && *there; there = reader.Next(record)) {
      (void)count(cut)(record);
    }
  }
  Check(there.status() == status, "a cut changes no error");
  Check(whole == cut, "a cut changes no record");
}

void CheckTable(const TableText& text, const SchemaOptions& options, TableFile file) {
  Schema schema = file.inferred.schema;
  Table& table = file.table;
  Check(CheckSchema(schema).ok(), "a schema within limits");
  Check(table.rows() == file.inferred.rows && table.rows() > 0, "as many rows as were seen");
  Check(table.values.size() == table.rows() * schema.features(), "all features of all rows");
  Check(options.regression == schema.regression(), "classes, or none");
  Check(file.inferred.first_label.size() == schema.classes.size(), "a place for each class");
  for (const double label : table.labels) {
    Check(std::isfinite(label), "labels are finite");
    Check(schema.regression() || (label >= 0 && label < static_cast<double>(schema.classes.size())),
          "labels are classes");
  }
  std::vector<std::size_t> rows(table.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (options.impute) ImputeFrom(table, rows, schema);
  if (!StandardizeFrom(table, rows, schema).ok() || !Apply(schema, table).ok()) return;
  Check(CheckSchema(schema).ok(), "a standardised schema within limits");
  // A prediction encodes a row to the same bits as training does.
  std::optional<RowEncoder> encoder;
  std::vector<double> features(schema.features());
  std::size_t row = 0;
  const Header header = file.inferred.has_header ? Header::kYes : Header::kNo;
  const absl::Status status = ForEachRecord(text, 0, [&](const CsvRecord& record) {
    if (!encoder) {
      absl::StatusOr<RowEncoder> made = RowEncoder::Make(schema, record, header, "t");
      if (!made.ok()) return made.status();
      encoder = *std::move(made);
      if (encoder->has_header()) return absl::OkStatus();
    }
    absl::Status encoded = encoder->Encode(record, features.data());
    Check(!encoded.ok() || std::ranges::equal(features, table.row(row)), "the same features");
    ++row;
    return encoded;
  });
  Check(status.ok() && row == table.rows(), "what was read can be encoded");
}

void Test(std::uint8_t how, std::string_view bytes) {
  const TableText text{"t", bytes, TableFormat::kAuto, ','};
  if (FormatOf(bytes) == TableFormat::kLibsvm) {
    const auto shape = MeasureLibsvm(bytes, "t");
    if (shape.ok() && shape->features > kMaxFeatures) return;
  }
  if (FormatOf(bytes) == TableFormat::kCsv) CheckCut(bytes);
  const SchemaOptions options = OptionsOf(how);
  absl::StatusOr<TableFile> file = ReadTable(text, options);
  if (file.ok()) return CheckTable(text, options, *std::move(file));
  Check(absl::IsInvalidArgument(file.status()), "a bad table is INVALID_ARGUMENT");
}

}  // namespace
}  // namespace mlp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) mlp::Test(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
