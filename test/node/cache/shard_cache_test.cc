#include "services/node/cache/shard_cache.h"

#include <catch2/catch.hpp>

#include "libmlp/data/shard.h"

namespace mlp::node {
namespace {

// (rows, 3): 28 bytes a row.
std::shared_ptr<const Shard> ShardOf(std::size_t rows) {
  Shard shard;
  shard.features = Matrix<double>::from_shape({rows, 3});
  shard.labels = xt::xtensor<std::int32_t, 1>::from_shape({rows});
  return std::make_shared<const Shard>(std::move(shard));
}

TEST_CASE("a shard's size is that of its numbers") { CHECK(BytesOf(*ShardOf(10)) == 280); }

TEST_CASE("a shard is found by its digest and by no other") {
  ShardCache cache(1000);
  const auto shard = ShardOf(10);
  cache.Insert("one", shard);
  CHECK(cache.Find("one") == shard);
  CHECK(cache.Find("two") == nullptr);
}

TEST_CASE("the least recently used shard goes when there is no room") {
  ShardCache cache(3 * 280);
  cache.Insert("one", ShardOf(10));
  cache.Insert("two", ShardOf(10));
  cache.Insert("three", ShardOf(10));
  REQUIRE(cache.Find("one") != nullptr);
  cache.Insert("four", ShardOf(10));
  CHECK(cache.Find("two") == nullptr);
  CHECK(cache.Find("one") != nullptr);
  CHECK(cache.Find("three") != nullptr);
  CHECK(cache.Find("four") != nullptr);
  CHECK(cache.bytes() == 3 * 280);
}

TEST_CASE("as many go as the new one needs") {
  ShardCache cache(3 * 280);
  for (const char* digest : {"one", "two", "three"}) cache.Insert(digest, ShardOf(10));
  cache.Insert("large", ShardOf(15));
  CHECK(cache.Find("two") == nullptr);
  CHECK(cache.Find("three") != nullptr);
  CHECK(cache.bytes() == 280 + 420);
}

TEST_CASE("a shard larger than the cache is not kept and drives nothing out") {
  ShardCache cache(300);
  cache.Insert("one", ShardOf(10));
  cache.Insert("large", ShardOf(11));
  CHECK(cache.Find("large") == nullptr);
  CHECK(cache.Find("one") != nullptr);
}

TEST_CASE("a shard that is there already is not counted twice") {
  ShardCache cache(1000);
  cache.Insert("one", ShardOf(10));
  cache.Insert("one", ShardOf(10));
  CHECK(cache.bytes() == 280);
}

TEST_CASE("a shard in use outlives its place in the cache") {
  ShardCache cache(280);
  cache.Insert("one", ShardOf(10));
  const auto in_use = cache.Find("one");
  cache.Insert("two", ShardOf(10));
  CHECK(cache.Find("one") == nullptr);
  CHECK(in_use->rows() == 10);
}

}  // namespace
}  // namespace mlp::node
