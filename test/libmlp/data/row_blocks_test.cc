#include "libmlp/data/row_blocks.h"

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "libmlp/data/shard.h"

namespace mlp {
namespace {

using Catch::Contains;

Schema Fruit() {
  Schema schema;
  schema.columns.resize(2);
  schema.columns[0].name = "weight";
  schema.columns[1].name = "colour";
  schema.columns[1].categories = {"red", "green"};
  schema.label = "fruit";
  schema.classes = {"apple", "pear"};
  return schema;
}

// Hands out a text in pieces and remembers how much of it was requested.
struct Pieces {
  std::string text;
  std::size_t piece = 5;
  std::size_t given = 0;

  RowBlocks::Source Source() {
    return [this]() -> absl::StatusOr<std::string_view> {
      const std::string_view next = std::string_view(text).substr(given, piece);
      given += next.size();
      return next;
    };
  }
};

TEST_CASE("Rows come as features, with labels where they are asked for") {
  const Schema schema = Fruit();
  for (const LabelUse use : {LabelUse::kIgnored, LabelUse::kRequired}) {
    Pieces pieces{.text = "fruit,colour,weight\npear,green,2\napple,red,3"};
    RowBlocks blocks(schema, "f.csv", ',', use, pieces.Source());
    Shard block;
    REQUIRE(blocks.Next(block).value());
    CHECK((block.features == Matrix<double>{{2, 0, 1}, {3, 1, 0}}));
    CHECK(block.labels.size() == (use == LabelUse::kRequired ? 2 : 0));
    if (use == LabelUse::kRequired) CHECK(block.labels(0) == 1);
    CHECK_FALSE(blocks.Next(block).value());
    CHECK_FALSE(blocks.Next(block).value());
  }
}

TEST_CASE("Of a file only a block is read at a time") {
  const Schema schema = PlainSchema(2, 3);
  Pieces pieces{.text = {}, .piece = 1000};
  constexpr std::size_t kRows = 3 * RowBlocks::kMaxRows + 10;
  for (std::size_t i = 0; i < kRows; ++i) absl::StrAppend(&pieces.text, i % 10, ",1,2\n");
  RowBlocks blocks(schema, "f.csv", ',', LabelUse::kRequired, pieces.Source());
  Shard block;
  for (std::size_t number = 1; number <= 3; ++number) {
    REQUIRE(blocks.Next(block).value());
    CHECK(block.rows() == RowBlocks::kMaxRows);
    CHECK(pieces.given <= number * RowBlocks::kMaxRows * 6 + pieces.piece);
  }
  REQUIRE(blocks.Next(block).value());
  CHECK(block.rows() == 10);
  CHECK(block.features(9, 0) == (kRows - 1) % 10);
  CHECK(block.labels(9) == 2);
}

TEST_CASE("Blocks of wide rows have few of them") {
  constexpr int kColumns = 1 << 19;
  const Schema schema = PlainSchema(kColumns, 0);
  std::string row = "1";
  for (int i = 1; i < kColumns; ++i) row += ",1";
  std::string text;
  for (int i = 0; i < 9; ++i) text += row + "\n";
  Pieces pieces{.text = std::move(text), .piece = 1 << 20};
  RowBlocks blocks(schema, "f.csv", ',', LabelUse::kIgnored, pieces.Source());
  Shard block;
  REQUIRE(blocks.Next(block).value());
  CHECK(block.rows() == 8);
}

TEST_CASE("A number to predict is a target") {
  const Schema schema = PlainSchema(1, 0);
  Pieces pieces{.text = "1,2.5\n2,-3\n"};
  RowBlocks blocks(schema, "f.csv", ',', LabelUse::kRequired, pieces.Source());
  Shard block;
  REQUIRE(blocks.Next(block).value());
  CHECK((block.targets == xt::xtensor<double, 1>{2.5, -3}));
  CHECK(block.regression());
}

TEST_CASE("A malformed row is an error with its place, however late it comes") {
  const Schema schema = Fruit();
  const auto error = [&](const std::string& text, LabelUse use) {
    Pieces pieces{.text = text};
    RowBlocks blocks(schema, "f.csv", ',', use, pieces.Source());
    Shard block;
    while (true) {
      const absl::StatusOr<bool> more = blocks.Next(block);
      if (!more.ok()) return std::string(more.status().message());
      if (!*more) return std::string();
    }
  };
  const std::string header = "weight,colour,fruit\n";
  CHECK_THAT(error(header + "2,red,pear\nx,red,pear\n", LabelUse::kIgnored),
             Contains("f.csv:3:1: column 'weight': 'x' is not a number"));
  CHECK_THAT(error(header + "2,blue,pear\n", LabelUse::kIgnored),
             Contains("f.csv:2:3: column 'colour'"));
  CHECK(error(header + "2,red,plum\n", LabelUse::kIgnored).empty());
  CHECK_THAT(error(header + "2,red,plum\n", LabelUse::kRequired),
             Contains("f.csv:2:7: column 'fruit': 'plum' is none of the classes"));
  CHECK_THAT(error("weight,colour\n2,red\n", LabelUse::kRequired),
             Contains("f.csv: has no column 'fruit'"));
  CHECK_THAT(error("weight,fruit\n2,pear\n", LabelUse::kIgnored), Contains("colour"));
  CHECK_THAT(error("", LabelUse::kIgnored), Contains("the file is empty"));
  CHECK(error(header, LabelUse::kIgnored).empty());
}

TEST_CASE("What the source cannot read is the error") {
  const Schema schema = Fruit();
  const RowBlocks::Source source = []() -> absl::StatusOr<std::string_view> {
    return absl::UnavailableError("f.csv: the disk is gone");
  };
  RowBlocks blocks(schema, "f.csv", ',', LabelUse::kIgnored, source);
  Shard block;
  CHECK(absl::IsUnavailable(blocks.Next(block).status()));
}

}  // namespace
}  // namespace mlp
