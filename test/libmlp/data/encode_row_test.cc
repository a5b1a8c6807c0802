#include "libmlp/data/encode_row.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "libmlp/data/cell.h"

namespace mlp::testing {
namespace {

Column Number(const std::string& name, double mean = 0, double scale = 1) {
  Column column;
  column.name = name;
  column.mean = mean;
  column.scale = scale;
  return column;
}

Schema Penguins() {
  Schema schema;
  schema.columns = {Number("bill", 40, 5), Column(), Number("mass")};
  schema.columns[1].name = "island";
  schema.columns[1].categories = {"Biscoe", "Dream", "Torgersen"};
  schema.columns[1].imputed_category = "Dream";
  schema.columns[2].imputed_number = 4000;
  schema.label = "species";
  schema.classes = {"Adelie", "Gentoo"};
  return schema;
}

struct Encoded {
  bool has_header = false;
  std::vector<std::vector<double>> features;
  std::vector<double> labels;
};

absl::StatusOr<Encoded> EncodeAll(const Schema& schema, std::string_view text,
                                  Header header = Header::kAuto) {
  Encoded encoded;
  std::optional<RowEncoder> encoder;
  const absl::Status status = ForEachRecord(text, "t.csv", ',', [&](const CsvRecord& record) {
    if (!encoder) {
      auto made = RowEncoder::Make(schema, record, header, "t.csv");
      if (!made.ok()) return made.status();
      encoder = *std::move(made);
      encoded.has_header = encoder->has_header();
      if (encoded.has_header) return absl::OkStatus();
    }
    encoded.features.emplace_back(schema.features());
    absl::Status bad = encoder->Encode(record, encoded.features.back().data());
    if (!bad.ok() || !encoder->has_label()) return bad;
    const absl::StatusOr<double> label = encoder->Label(record);
    if (label.ok()) encoded.labels.push_back(*label);
    return label.status();
  });
  if (!status.ok()) return status;
  return encoded;
}

std::string RowRefusal(const Schema& schema, std::string_view text, Header header = Header::kAuto) {
  const absl::Status status = EncodeAll(schema, text, header).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST_CASE("Columns are found by name, in any order, beside others") {
  const auto encoded = EncodeAll(
      Penguins(), "mass,id,island,species,bill\n1,x,Dream,Gentoo,45\n2,y,Biscoe,Adelie,40\n");
  REQUIRE(encoded.status() == absl::OkStatus());
  CHECK(encoded->has_header);
  CHECK(encoded->features == std::vector<std::vector<double>>{{1, 0, 1, 0, 1}, {0, 1, 0, 0, 2}});
  CHECK(encoded->labels == std::vector<double>{1, 0});
}

TEST_CASE("Without a header columns are found by position, the label last where there is one") {
  const auto without = EncodeAll(Penguins(), "45,Dream,1\n");
  REQUIRE(without.status() == absl::OkStatus());
  CHECK(without->features == std::vector<std::vector<double>>{{1, 0, 1, 0, 1}});
  CHECK(without->labels.empty());
  const auto with = EncodeAll(Penguins(), "45,Dream,1,Gentoo\n");
  REQUIRE(with.status() == absl::OkStatus());
  CHECK(with->labels == std::vector<double>{1});
}

TEST_CASE("Columns that go by numbers are found where they were, with a header or without") {
  Schema schema = PlainSchema(2, 3);
  CHECK(schema.label == "3");
  schema.columns = {Number("2"), Number("4")};
  schema.label = std::string("1");
  const std::vector<std::vector<double>> features = {{5, 7}};
  for (const char* const text : {"2,5,6,7\n", "y,a,b,c\n2,5,6,7\n"}) {
    const auto encoded = EncodeAll(schema, text);
    REQUIRE(encoded.status() == absl::OkStatus());
    CHECK(encoded->features == features);
    CHECK(encoded->labels == std::vector<double>{2});
  }
  CHECK(EncodeAll(schema, "5,7\n")->features == features);
  CHECK(RowRefusal(schema, "2,5,6\n") ==
        "t.csv:1:1: the row has 3 cells; expected 2, the features, or 3 with the label last");
}

TEST_CASE("A label with a name comes last although the columns beside it go by numbers") {
  Schema schema = PlainSchema(2, 3);
  schema.label = std::string("kind");
  const auto encoded = EncodeAll(schema, "5,7,2\n");
  REQUIRE(encoded.status() == absl::OkStatus());
  CHECK(encoded->features == std::vector<std::vector<double>>{{5, 7}});
  CHECK(encoded->labels == std::vector<double>{2});
  // The second column of the table was ignored: the cell after the features need not be the label.
  schema.columns[1].name = "3";
  CHECK(RowRefusal(schema, "5,6,7\n") ==
        "t.csv:1:1: the row has 3 cells; expected 2, the features, or 3 with the label last");
}

TEST_CASE("Missing values become what the schema has for them") {
  const auto encoded =
      EncodeAll(Penguins(), "40,?,\n40, ,NaN\n40,NA,na\n40,N/A,null\n40,<NA>,#n/a\n");
  REQUIRE(encoded.status() == absl::OkStatus());
  for (const auto& row : encoded->features) CHECK(row == std::vector<double>{0, 0, 1, 0, 4000});
  CHECK(RowRefusal(Penguins(), "40,Dream,1\n,Dream,1\n") ==
        "t.csv:2:1: column 'bill': a number is missing: fill it in");
}

TEST_CASE("A cell that the schema does not allow is refused with its place and column") {
  const Schema schema = Penguins();
  CHECK(RowRefusal(schema, "x,Dream,1\n") == "t.csv:1:1: column 'bill': 'x' is not a number");
  CHECK(RowRefusal(schema, "1,Dream,inf\n") == "t.csv:1:9: column 'mass': 'inf' is not finite");
  CHECK(RowRefusal(schema, "1,Mars,1\n") ==
        "t.csv:1:3: column 'island': 'Mars' is none of its texts (Biscoe, Dream, Torgersen)");
  CHECK(RowRefusal(schema, "1,Dream,1,Emu\n") ==
        "t.csv:1:11: column 'species': 'Emu' is none of the classes (Adelie, Gentoo)");
  CHECK(RowRefusal(schema, "1,Dream,1,\n") == "t.csv:1:11: column 'species': the label is missing");
  CHECK(RowRefusal(schema, "bill,mass\n1,2\n") ==
        "t.csv:1:1: the header lacks 1 of the 3 columns: island");
  CHECK(RowRefusal(schema, "bill,mass,bill\n1,2,3\n") ==
        "t.csv:1:11: column 'bill' is there twice: rename one");
  CHECK(RowRefusal(schema, "1,2\n") ==
        "t.csv:1:1: the row has 2 cells; expected 3, the features, or 4 with the label last");
  CHECK(RowRefusal(schema, "a,b,c\n1,Dream,1\n", Header::kYes) ==
        "t.csv:1:1: the header lacks 3 of the 3 columns: bill, island, mass");
  CHECK(RowRefusal(schema, "bill,island,mass\n", Header::kNo) ==
        "t.csv:1:1: column 'bill': 'bill' is not a number");
}

TEST_CASE("Classes that are numbers are found by value, a number to predict is any") {
  const Schema classes = PlainSchema(1, 3);
  CHECK(EncodeAll(classes, "5,2.0\n5,0\n5,1e0\n")->labels == std::vector<double>{2, 0, 1});
  CHECK(RowRefusal(classes, "5,3\n") ==
        "t.csv:1:3: column '2': '3' is none of the classes (0, 1, 2)");
  const Schema regression = PlainSchema(1, 0);
  CHECK(EncodeAll(regression, "5,-2.5\n")->labels == std::vector<double>{-2.5});
  CHECK(RowRefusal(regression, "5,x\n") == "t.csv:1:3: column '2': 'x' is not a number");
}

TEST_CASE("A number's shortest text is the same number again") {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.0}) {
    double again = 1;
    CHECK(!ParseNumber(NumberText(value), again));
    CHECK(std::signbit(again) == std::signbit(value));
    CHECK(again == value);
  }
  CHECK(NumberText(2) == "2");
}

}  // namespace
}  // namespace mlp::testing
