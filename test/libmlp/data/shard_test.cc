#include "libmlp/data/shard.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "libmlp/data/shard_blocks.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

std::string ShardRefusal(std::string_view text) {
  const absl::Status status = ParseShard(text, "train_7.txt").status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST_CASE("Letters has 11 shards of 1500 rows and 3500 validation rows") {
  for (const Shard& shard : LettersShards()) {
    CHECK(shard.rows() == 1500);
    CHECK(shard.feature_count() == 16);
    CHECK(shard.class_count() == 26);
  }
  const Shard first = LettersFile("train_letters1.txt");
  CHECK(first.features(0, 0) == 2);
  CHECK(first.features(0, 15) == 8);
  CHECK(first.labels(0) == 19);
  CHECK(LettersFile("validate_letters.txt").rows() == 3500);
}

TEST_CASE("All the forms of a row that are fine give the same shard") {
  const auto text = GENERATE(as<std::string>{}, "0.5,-2,1\n3e2,4,0\n", "0.5,-2,1\r\n3e2,4,0\r\n",
                             "0.5,-2,1\n3e2,4,0", "0.5,-2,1\r\n3e2,4,0",
                             " 0.5 ,\t-2,1 \n300.0, 4 ,0.0\n", ".5,-2.,1e0\n3E+2,4,-0\n");
  INFO(text);
  const auto shard = ParseShard(text, "fine");
  REQUIRE(shard.ok());
  CHECK((shard->features == Matrix<double>{{0.5, -2}, {300, 4}}));
  CHECK((shard->labels == xt::xtensor<std::int32_t, 1>{1, 0}));
  CHECK(shard->class_count() == 2);
}

TEST_CASE("In regression the last column is any finite number") {
  const auto shard = ParseShard("1,2,-0.5\n3,4,1e3\n", "x", LabelKind::kNumber);
  REQUIRE(shard.ok());
  CHECK(shard->regression());
  CHECK(shard->targets == xt::xtensor<double, 1>{-0.5, 1000});
  CHECK(shard->labels.size() == 0);
  CHECK(shard->class_count() == 1);
  CHECK(ParseShard("1,2,nan\n", "x", LabelKind::kNumber).status().message() ==
        "x:1:5: 'nan' is not finite");
}

TEST_CASE("Malformed text is refused with file, line and column") {
  CHECK(ShardRefusal("") == "train_7.txt: the file is empty");
  CHECK(ShardRefusal("\n") == "train_7.txt:1:1: empty line");
  CHECK(ShardRefusal("1,2,0\n\n1,2,0\n") == "train_7.txt:2:1: empty line");
  CHECK(ShardRefusal("1,2,0\n\n") == "train_7.txt:2:1: empty line");
  CHECK(ShardRefusal("1,2,0\r\n\r\n") == "train_7.txt:2:1: empty line");
  CHECK(ShardRefusal("1,2,0\n  \n") == "train_7.txt:2:1: empty line");
  CHECK(ShardRefusal("1\n2\n") ==
        "train_7.txt:1:1: row has one column: expected at least one feature and the class");
  CHECK(ShardRefusal("1,2,0\n1,0\n") == "train_7.txt:2:1: row has 2 columns, the first row has 3");
  CHECK(ShardRefusal("1,2,0\n1,2,3,0\n") ==
        "train_7.txt:2:1: row has 4 columns, the first row has 3");
  CHECK(ShardRefusal("1,2,0\n1,2,0,\n") ==
        "train_7.txt:2:1: row has 4 columns, the first row has 3");
  CHECK(ShardRefusal("1,abc,0\n") == "train_7.txt:1:3: 'abc' is not a number");
  CHECK(ShardRefusal("1,2,0\n12,3x,0\n") == "train_7.txt:2:4: '3x' is not a number");
  CHECK(ShardRefusal("1,,0\n") == "train_7.txt:1:3: a number is missing");
  CHECK(ShardRefusal("1,2,\n") == "train_7.txt:1:5: a number is missing");
  CHECK(ShardRefusal("1, ,0\n") == "train_7.txt:1:3: a number is missing");
  CHECK(ShardRefusal("1;2,0\n") == "train_7.txt:1:1: '1;2' is not a number");
  CHECK(ShardRefusal("0x10,0\n") == "train_7.txt:1:1: '0x10' is not a number");
  CHECK(ShardRefusal("+1,0\n") == "train_7.txt:1:1: '+1' is not a number");
  CHECK(ShardRefusal("1 2,0\n") == "train_7.txt:1:1: '1 2' is not a number");
  CHECK(ShardRefusal("nan,0\n") == "train_7.txt:1:1: 'nan' is not finite");
  CHECK(ShardRefusal("1,-inf,0\n") == "train_7.txt:1:3: '-inf' is not finite");
  CHECK(ShardRefusal("1,Infinity,0\n") == "train_7.txt:1:3: 'Infinity' is not finite");
  CHECK(ShardRefusal("1e999,0\n") == "train_7.txt:1:1: '1e999' is beyond float64's range");
  CHECK(ShardRefusal(std::string_view("1\0,0\n", 5)).starts_with("train_7.txt:1:1: "));
}

TEST_CASE("A class that is no whole number from 0 to the limit is refused") {
  CHECK(ShardRefusal("1,-1\n") ==
        "train_7.txt:1:3: class '-1' is not a whole number from 0 to 65535");
  CHECK(ShardRefusal("1,0\n1,1.5\n") ==
        "train_7.txt:2:3: class '1.5' is not a whole number from 0 to 65535");
  CHECK(ShardRefusal("1,65536\n") ==
        "train_7.txt:1:3: class '65536' is not a whole number from 0 to 65535");
  CHECK(ShardRefusal("1,1e300\n") ==
        "train_7.txt:1:3: class '1e300' is not a whole number from 0 to 65535");
  CHECK(ShardRefusal("1,nan\n") == "train_7.txt:1:3: 'nan' is not finite");
  CHECK(ShardRefusal("1,A\n") == "train_7.txt:1:3: 'A' is not a number");
  CHECK(ParseShard("1,65535\n", "limit")->class_count() == 65536);
}

TEST_CASE("A long field is quoted in part") {
  const std::string message = ShardRefusal(absl::StrCat(std::string(100'000, 'x'), ",0\n"));
  CHECK(message == "train_7.txt:1:1: '" + std::string(40, 'x') + "…' is not a number");
}

TEST_CASE("One long row before many short ones does not claim memory for all of them") {
  // A rectangle of these rows would take 8 * 10^12 bytes.
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += "1,";
  text += "0\n" + std::string(1'000'000, '\n');
  CHECK(ShardRefusal(text) == "train_7.txt:2:1: empty line");
}

TEST_CASE("a long text comes block by block, with the lines of the whole in errors") {
  std::string text;
  while (text.size() < (std::size_t{9} << 20)) text += "1.5,2.5,0\n2.5,3.5,1\n";
  const std::size_t lines = std::count(text.begin(), text.end(), '\n');
  std::size_t blocks = 0, rows = 0;
  const auto count = [&](const Shard& block) {
    ++blocks;
    rows += block.rows();
    return absl::OkStatus();
  };
  CHECK(ForEachBlock(text, "x.txt", LabelKind::kClass, count).ok());
  CHECK(blocks == 3);
  CHECK(rows == lines);
  const absl::Status bad = ForEachBlock(text + "1,y,0\n", "x.txt", LabelKind::kClass, count);
  CHECK_THAT(std::string(bad.message()),
             Catch::StartsWith("x.txt:" + std::to_string(lines + 1) + ":3: "));
  CHECK_FALSE(ForEachBlock("", "x.txt", LabelKind::kClass, count).ok());
}

}  // namespace
}  // namespace mlp::testing
