// Tests of the steps in which datasets are made: reading, dealing, fitting and writing, each alone.
#include "cli/dataset/dataset_plan.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <limits>
#include <string>

#include "cli/dataset/deal_table.h"
#include "cli/dataset/directory_plan.h"
#include "cli/dataset/read_table.h"
#include "cli/files/path_names.h"
#include "cli/show/dataset_text.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using RowNumbers = std::vector<std::size_t>;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

TableFile ParsedTable(const std::string& csv) {
  const auto read = ReadTable({.name = "t.csv", .bytes = csv, .format = TableFormat::kCsv}, {});
  REQUIRE(read.ok());
  return *read;
}

// One column, a row each in two shards and for validation, with nothing fitted yet.
DatasetPlan ThreeRowPlan(double first, double second, double validation) {
  DatasetPlan plan;
  plan.schema = PlainSchema(1, 2);
  plan.table = {.features = 1, .values = {first, second, validation}, .labels = {0, 1, 1}};
  plan.train = {{"train_1.txt", {0}}, {"train_2.txt", {1}}};
  plan.validation = {"validate_t.txt", {2}};
  return plan;
}

TEST_CASE("columns are fitted to the training rows, and all rows made what the schema says") {
  DatasetPlan plan = ThreeRowPlan(1, 3, 5);
  REQUIRE(FitColumns("t.csv", {.impute = false, .standardize = true}, plan).ok());
  CHECK(plan.schema.columns[0].mean == 2);
  CHECK(plan.schema.columns[0].scale == 1);
  CHECK(plan.table.values == std::vector<double>{-1, 1, 3});
}

TEST_CASE("what is missing becomes the mean of the training rows, not standardised unless asked") {
  DatasetPlan plan = ThreeRowPlan(4, kMissing, kMissing);
  REQUIRE(FitColumns("t.csv", {.impute = true, .standardize = false}, plan).ok());
  CHECK(plan.schema.columns[0].imputed_number == 4);
  CHECK(plan.table.values == std::vector<double>{4, 4, 4});
}

TEST_CASE("numbers too large to be standardised are an error of the source") {
  DatasetPlan plan = ThreeRowPlan(1e308, -1e308, 0);
  const absl::Status status = FitColumns("big.csv", {.impute = false, .standardize = true}, plan);
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("big.csv: column ") && Contains("--no-standardize"));
}

TEST_CASE("appended rows are numbered after those that are there") {
  Table table{.features = 1, .values = {7}, .labels = {0}};
  CHECK(Append({.features = 1, .values = {8, 9}, .labels = {1, 0}}, table) == RowNumbers{1, 2});
  CHECK(table.values == std::vector<double>{7, 8, 9});
  CHECK(table.labels == std::vector<double>{0, 1, 0});
}

TEST_CASE("a table is dealt only if every class and every shard gets its rows") {
  const std::string good = "a,c\n1,x\n2,y\n3,x\n4,y\n";
  const auto deal = DealTable("t.csv", ParsedTable(good), {.shards = 2, .validation = 0.5});
  REQUIRE(deal.ok());
  CHECK(deal->validation.size() == 2);
  const auto few = DealTable("t.csv", ParsedTable(good), {.shards = 4, .validation = 0.5});
  CHECK_THAT(std::string(few.status().message()), Contains("has 4 rows, too few for 4 shards"));
  const TableFile single = ParsedTable("a,c\n1,x\n2,y\n3,x\n4,x\n");
  const auto alone = DealTable("t.csv", single, {.shards = 1, .validation = 0.5});
  CHECK_THAT(std::string(alone.status().message()),
             Contains("t.csv:3:3: column 'c': class 'y' has this row only"));
  CHECK(DealTable("t.csv", single, {.shards = 1, .validation = 0}).ok());
  const auto empty = DealTable("t.csv", ParsedTable(good), {.shards = 3, .validation = 0.5});
  CHECK_THAT(std::string(empty.status().message()), Contains("too few training rows for 3 shards"));
}

TEST_CASE("a plan that was written is read again as it was, and is standardised once") {
  const test::Scratch scratch;
  const DatasetPlan plan = ThreeRowPlan(1, 3, 5);
  REQUIRE(WriteFiles(plan, scratch.path()).ok());
  const auto read = PlanFromDirectory(scratch.path());
  REQUIRE(read.ok());
  CHECK(read->table.values == plan.table.values);
  CHECK(read->table.labels == plan.table.labels);
  CHECK(read->training_rows() == RowNumbers{0, 1});
  CHECK(read->validation.name == "validate_t.txt");
  CHECK(read->validation.rows == RowNumbers{2});

  CHECK(absl::IsInvalidArgument(PlanStandardized(scratch.path(), true).status()));
  const auto standardized = PlanStandardized(scratch.path(), false);
  REQUIRE(standardized.ok());
  const test::Scratch other;
  REQUIRE(WriteFiles(*standardized, other.path()).ok());
  CHECK(absl::IsFailedPrecondition(PlanStandardized(other.path(), false).status()));
}

TEST_CASE("rows with a class that the schema does not have are refused by its name") {
  const test::Scratch scratch;
  REQUIRE(WriteFiles(ThreeRowPlan(1, 3, 5), scratch.path()).ok());
  std::ofstream(scratch.path() / "train_1.txt") << "1,2\n";
  const auto read = PlanFromDirectory(scratch.path());
  CHECK_THAT(std::string(read.status().message()),
             Contains("schema.json: has 2 classes, but rows have class 2"));
}

TEST_CASE("a table's name is the file's without its endings, whether or not it is compressed") {
  CHECK(StemOf("data/iris.csv.gz") == "iris");
  CHECK(StemOf("iris.csv") == "iris");
  CHECK(WithoutSlash("data/iris/") == "data/iris");
  CHECK(WithoutSlash("data/iris") == "data/iris");
}

TEST_CASE("a schema is told in a line, with the first ten classes") {
  CHECK_THAT(ContentText(PlainSchema(1, 2)), Catch::StartsWith("1 feature, 2 classes ("));
  CHECK_THAT(ContentText(PlainSchema(4, 11)), Contains("11 classes (") && Catch::EndsWith(", …)"));
}

}  // namespace
}  // namespace mlp::cli
