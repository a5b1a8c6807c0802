#include "cli/split_rows.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "libmlp/dataset.h"

namespace mlp::cli {
namespace {

using Catch::Contains;

// "0,0\n1,1\n2,2\n…".
std::string Rows(int rows) {
  std::string text;
  for (int row = 0; row < rows; ++row) {
    text += std::to_string(row) + "," + std::to_string(row) + "\n";
  }
  return text;
}

std::vector<std::int32_t> LabelsOf(const std::string& text) {
  const Shard shard = ParseShard(text, "file").value();
  return {shard.labels.begin(), shard.labels.end()};
}

std::string ProblemOf(const std::string& text, const SplitOptions& options = {}) {
  const absl::Status status = SplitRows(text, "rows.csv", options).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST_CASE("every row goes into one file, in shards of the same size, give or take a row") {
  const int rows = GENERATE(7, 100, 1003);
  const SplitOptions options{.shards = GENERATE(1, 3, 4), .validation = 0.2, .seed = 5};
  const SplitFiles files = SplitRows(Rows(rows), "rows.csv", options).value();
  REQUIRE(files.train.size() == static_cast<std::size_t>(options.shards));
  std::vector<std::int32_t> all = LabelsOf(files.validation);
  CHECK(all.size() == files.validation_rows);
  CHECK(files.validation_rows == static_cast<std::size_t>(std::round(0.2 * rows)));
  for (const std::string& shard : files.train) {
    const std::vector<std::int32_t> labels = LabelsOf(shard);
    CHECK(labels.size() >= files.training_rows / files.train.size());
    CHECK(labels.size() <= files.training_rows / files.train.size() + 1);
    all.insert(all.end(), labels.begin(), labels.end());
  }
  CHECK_FALSE(std::ranges::is_sorted(all));
  std::ranges::sort(all);
  REQUIRE(all.size() == static_cast<std::size_t>(rows));
  for (int row = 0; row < rows; ++row) CHECK(all[static_cast<std::size_t>(row)] == row);
}

TEST_CASE("the same seed deals the same rows, on every machine, another one deals others") {
  const SplitFiles files = SplitRows(Rows(10), "rows.csv", {2, 0.2, 1}).value();
  CHECK(SplitRows(Rows(10), "rows.csv", {2, 0.2, 1}).value().train == files.train);
  CHECK(SplitRows(Rows(10), "rows.csv", {2, 0.2, 2}).value().train != files.train);
  CHECK(LabelsOf(files.validation) == std::vector<std::int32_t>{7, 5});
}

TEST_CASE("a row stays as it was written, but for its end") {
  const SplitFiles files = SplitRows(" 1.50 ,0\r\n1e3,1", "rows.csv", {1, 0.5, 1}).value();
  const std::string both = files.train[0] + files.validation;
  CHECK_THAT(both, Contains(" 1.50 ,0\n") && Contains("1e3,1\n"));
  CHECK_THAT(both, !Contains("\r"));
}

TEST_CASE("there is a row in every file, whatever share was asked for") {
  CHECK(SplitRows(Rows(5), "rows.csv", {4, 0.001, 1}).value().validation_rows == 1);
  CHECK(SplitRows(Rows(5), "rows.csv", {4, 0.999, 1}).value().training_rows == 4);
  CHECK_THAT(ProblemOf(Rows(4), {4, 0.2, 1}), Contains("4 rows, too few for 4 shards"));
}

TEST_CASE("a file that is no rows of numbers is refused with file, line and column") {
  CHECK_THAT(ProblemOf("0,0\n1,x\n"), Contains("rows.csv:2:3: 'x' is not a number"));
  CHECK_THAT(ProblemOf("0,0\n1\n"), Contains("rows.csv:2:1: row has 1 columns"));
  CHECK_THAT(ProblemOf("width,class\n1,0\n"),
             Contains("rows.csv:1:1: 'width'") && Contains("header line"));
  CHECK_THAT(ProblemOf(""), Contains("empty"));
}

}  // namespace
}  // namespace mlp::cli
