#include "libmlp/data/table.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "libmlp/data/encode_row.h"

namespace mlp::testing {
namespace {

using Catch::Contains;
using Values = std::vector<double>;
using Names = std::vector<std::string>;

TableText TextOf(std::string_view bytes) { return {"t", bytes, TableFormat::kAuto, ','}; }

TableFile Read(std::string_view bytes, const SchemaOptions& options = {}) {
  absl::StatusOr<TableFile> file = ReadTable(TextOf(bytes), options);
  REQUIRE(file.status() == absl::OkStatus());
  return *std::move(file);
}

std::vector<std::size_t> AllRows(const Table& table) {
  std::vector<std::size_t> rows(table.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

TEST_CASE("A table's columns are numbers, or texts of which each becomes a feature") {
  const TableFile file = Read("size,color,kind\n1.5,red,b\n2,blue,a10\n-3e0,red,a9\n");
  const Schema& schema = file.inferred.schema;
  CHECK(file.inferred.has_header);
  CHECK(file.inferred.rows == 3);
  REQUIRE(schema.columns.size() == 2);
  CHECK(schema.columns[0].categories.empty());
  CHECK(schema.columns[1].categories == Names{"blue", "red"});
  CHECK(schema.label == "kind");
  CHECK(schema.classes == Names{"a9", "a10", "b"});
  CHECK(file.table.values == Values{1.5, 0, 1, 2, 1, 0, -3, 0, 1});
  CHECK(file.table.labels == Values{2, 1, 0});
}

TEST_CASE("A first row without a single number is a header, others are told") {
  CHECK(Read("1,x\n2,y\n").inferred.schema.columns[0].name == "1");
  CHECK_FALSE(Read("1,x\n2,y\n").inferred.has_header);
  CHECK(Read("?,x\n2,y\n1,z\n").inferred.has_header);
  SchemaOptions no;
  no.header = Header::kNo;
  CHECK(Read("u,x\nv,y\n", no).inferred.rows == 2);
  SchemaOptions yes;
  yes.header = Header::kYes;
  const TableFile file = Read("2000,1999\n1,0\n2,1\n", yes);
  CHECK(file.inferred.schema.columns[0].name == "2000");
  CHECK(file.table.values == Values{1, 2});
}

TEST_CASE("The label is a column by name or number, the last where none is named") {
  SchemaOptions options;
  options.label = GENERATE(as<std::string>{}, "kind", "1");
  const TableFile file = Read("kind,a,b\nx,1,2\ny,3,4\n", options);
  CHECK(file.inferred.schema.label == "kind");
  CHECK(file.table.values == Values{1, 2, 3, 4});
  options.label = std::string("1");
  const TableFile unnamed = Read("1,5,6\n0,7,8\n", options);
  CHECK(unnamed.inferred.schema.label == "1");
  CHECK(unnamed.inferred.schema.columns[1].name == "3");
  CHECK(unnamed.table.values == Values{5, 6, 7, 8});
  CHECK(unnamed.table.labels == Values{1, 0});
}

TEST_CASE("Numbers as classes are put in their order and called by their shortest text") {
  const TableFile file = Read("5,10\n5,-1\n5,2.0\n5,1e1\n");
  CHECK(file.inferred.schema.classes == Names{"-1", "2", "10"});
  CHECK(file.table.labels == Values{2, 0, 1, 2});
}

TEST_CASE("Columns are texts where that is said, and left out where they are ignored") {
  SchemaOptions options;
  options.texts = {"zip", "c"};
  options.ignored = {"id"};
  const TableFile file = Read("id,zip,c\n1,10,0\n2,9,A\n", options);
  CHECK(file.inferred.schema.columns.size() == 1);
  CHECK(file.inferred.schema.columns[0].categories == Names{"9", "10"});
  CHECK(file.inferred.schema.classes == Names{"0", "A"});
}

TEST_CASE("Regression keeps the label as a number") {
  SchemaOptions options;
  options.regression = true;
  const TableFile file = Read("a,price\n1,2.5\n3,1e3\n", options);
  CHECK(file.inferred.schema.regression());
  CHECK(file.table.labels == Values{2.5, 1000});
}

TEST_CASE("What is missing becomes the mean or the most frequent text of the training rows") {
  SchemaOptions options;
  options.impute = true;
  TableFile file = Read("a,b,c\n1,u,x\n?,v,y\n3,,x\n100,v,y\n", options);
  Schema schema = file.inferred.schema;
  CHECK(std::isnan(file.table.row(1)[0]));
  CHECK(std::isnan(file.table.row(2)[1]));
  const std::vector<std::size_t> training = {0, 1, 2};
  ImputeFrom(file.table, training, schema);
  CHECK(schema.columns[0].imputed_number == 2);
  CHECK(schema.columns[1].imputed_category == "u");  // u is as frequent as v, and the first
  REQUIRE(Apply(schema, file.table).ok());
  CHECK(file.table.values == Values{1, 1, 0, 2, 0, 1, 3, 1, 0, 100, 0, 1});
}

TEST_CASE("Standardised columns have mean 0 and standard deviation 1 over the training rows") {
  TableFile file = Read("a,k,b,c\n2,7,u,x\n4,7,v,y\n4,7,u,x\n6,7,v,y\n1000,8,u,x\n");
  Schema schema = file.inferred.schema;
  const std::vector<std::size_t> training = {3, 1, 0, 2};
  REQUIRE(StandardizeFrom(file.table, training, schema).ok());
  CHECK(schema.columns[0].mean == 4);
  CHECK(schema.columns[0].scale == std::sqrt(2.0));
  CHECK(schema.columns[1].mean == 7);  // the same in all rows
  CHECK(schema.columns[1].scale == 1);
  CHECK(schema.columns[2].mean == 0);  // a text
  CHECK(schema.columns[2].scale == 1);
  REQUIRE(Apply(schema, file.table).ok());
  CHECK(file.table.row(0)[0] == -2 / std::sqrt(2.0));
  CHECK(file.table.row(4)[1] == 1);
  CHECK(file.table.row(1)[3] == 1);
}

TEST_CASE("A constant column stays exactly 0, whatever its mean is rounded to") {
  std::string text = "a,c\n";
  for (int i = 0; i < 10; ++i) text += i % 2 == 0 ? "0.1,x\n" : "0.1,y\n";
  TableFile file = Read(text);
  Schema schema = file.inferred.schema;
  REQUIRE(StandardizeFrom(file.table, AllRows(file.table), schema).ok());
  REQUIRE(Apply(schema, file.table).ok());
  for (const double value : file.table.values) CHECK(value == 0);
}

TEST_CASE("A prediction encodes a row to the bits that it had in training") {
  const std::string text = "a,b,c\n0.1,u,x\n?,v,y\n0.3,?,x\n0.7,v,y\n";
  SchemaOptions options;
  options.impute = true;
  TableFile file = Read(text, options);
  Schema schema = file.inferred.schema;
  ImputeFrom(file.table, AllRows(file.table), schema);
  REQUIRE(StandardizeFrom(file.table, AllRows(file.table), schema).ok());
  REQUIRE(Apply(schema, file.table).ok());
  std::optional<RowEncoder> encoder;
  Values encoded;
  const auto take = [&](const CsvRecord& record) {
    if (!encoder) {
      encoder = *RowEncoder::Make(schema, record, Header::kAuto, "t");
      return absl::OkStatus();
    }
    Values features(schema.features());
    absl::Status status = encoder->Encode(record, features.data());
    encoded.insert(encoded.end(), features.begin(), features.end());
    return status;
  };
  CHECK(ForEachRecord(TextOf(text), 0, take).ok());
  CHECK(encoded == file.table.values);
}

TEST_CASE("LIBSVM's rows name what is not 0, from 1, after the label") {
  const TableFile file = Read("# two classes\n+1 2:.5 3:+4 # the first\n\n-1 1:1\r\n+1\n");
  CHECK(file.inferred.schema.classes == Names{"-1", "1"});
  CHECK(file.inferred.schema.label == "4");
  CHECK(file.table.values == Values{0, 0.5, 4, 1, 0, 0, 0, 0, 0});
  CHECK(file.table.labels == Values{1, 0, 1});
}

TEST_CASE("The format of a file is told by its content") {
  CHECK(FormatOf("1 2:3\n") == TableFormat::kLibsvm);
  CHECK(FormatOf("# comment\n-1.5e0 12:3\n") == TableFormat::kLibsvm);
  CHECK(FormatOf("1,2\n") == TableFormat::kCsv);
  CHECK(FormatOf("2020-01-01 10:30,5\n") == TableFormat::kCsv);
  CHECK(FormatOf("1 a:3\n") == TableFormat::kCsv);
  CHECK(FormatOf("") == TableFormat::kCsv);
  CHECK(FormatOf("\x93NUMPY\x01") == TableFormat::kNpy);
  for (const TableFormat format : kTableFormats) CHECK_FALSE(TableFormatName(format).empty());
}

TEST_CASE("A table that would take too much memory is refused") {
  std::string text = "1 1:1 999999:1\n";
  for (int i = 0; i < 300; ++i) text += "0 1:1\n";
  const absl::Status status = ReadTable(TextOf(text), {}).status();
  CHECK_THAT(std::string(status.message()), Contains("301 rows of 999999 features are more than"));
}

}  // namespace
}  // namespace mlp::testing
