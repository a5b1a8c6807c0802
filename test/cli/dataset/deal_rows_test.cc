#include "cli/dataset/deal_rows.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

namespace mlp::cli {
namespace {

using Rows = std::vector<std::size_t>;

// Class i % classes of row i.
Rows Classes(std::size_t rows, std::size_t classes) {
  Rows labels;
  for (std::size_t row = 0; row < rows; ++row) labels.push_back(row % classes);
  return labels;
}

std::size_t CountOfClass(const Rows& rows, const Rows& classes, std::size_t its) {
  return static_cast<std::size_t>(
      std::ranges::count_if(rows, [&](std::size_t row) { return classes[row] == its; }));
}

TEST_CASE("every row goes into one file, in shards of the same size, give or take a row") {
  const std::size_t rows = GENERATE(8, 100, 1003);
  const DealOptions options{.shards = GENERATE(1, 3, 4), .validation = 0.2, .seed = 5};
  const Deal deal = DealRows(Classes(rows, 2), options);
  REQUIRE(deal.shards.size() == static_cast<std::size_t>(options.shards));
  const std::size_t training = rows - deal.validation.size();
  Rows all = deal.validation;
  for (const Rows& shard : deal.shards) {
    CHECK(shard.size() >= training / deal.shards.size());
    CHECK(shard.size() <= training / deal.shards.size() + 1);
    all.insert(all.end(), shard.begin(), shard.end());
  }
  CHECK_FALSE(std::ranges::is_sorted(all));
  std::ranges::sort(all);
  CHECK(all == Classes(rows, rows));
}

TEST_CASE("every file has as much of a class as others, give or take a row") {
  Rows classes = Classes(900, 3);
  classes.insert(classes.end(), 100, 3);
  const Deal deal = DealRows(classes, {.shards = 4, .validation = 0.2, .seed = 1});
  for (const std::size_t its : {0, 1, 2, 3}) {
    const std::size_t rows = its == 3 ? 100 : 300;
    CHECK(CountOfClass(deal.validation, classes, its) == rows / 5);
    for (const Rows& shard : deal.shards) CHECK(CountOfClass(shard, classes, its) == rows / 5);
  }
  // Mixed, not class by class.
  CHECK(classes[deal.shards[0][0]] + classes[deal.shards[0][1]] + classes[deal.shards[0][2]] > 0);
}

TEST_CASE("a class of two rows is in both parts, whatever share was asked for") {
  for (const double share : {0.001, 0.5, 0.999}) {
    const Deal deal = DealRows(Rows{0, 1, 0, 1}, {.shards = 1, .validation = share, .seed = 1});
    CHECK(deal.validation.size() == 2);
    CHECK(CountOfClass(deal.validation, Rows{0, 1, 0, 1}, 0) == 1);
  }
}

TEST_CASE("without a share all rows are for training") {
  const Deal deal = DealRows(Rows{0, 1, 1}, {.shards = 2, .validation = 0, .seed = 1});
  CHECK(deal.validation.empty());
  CHECK(deal.shards[0].size() + deal.shards[1].size() == 3);
}

TEST_CASE("the same seed deals the same rows, on every machine, another one deals others") {
  const Rows classes = Classes(10, 2);
  const Deal deal = DealRows(classes, {2, 0.2, 1});
  CHECK(DealRows(classes, {2, 0.2, 1}).shards == deal.shards);
  CHECK(DealRows(classes, {2, 0.2, 2}).shards != deal.shards);
  CHECK(deal.validation == Rows{4, 1});
}

}  // namespace
}  // namespace mlp::cli
