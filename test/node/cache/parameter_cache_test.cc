#include "services/node/cache/parameter_cache.h"

#include <catch2/catch.hpp>

#include "libmlp/model/parameters.h"

namespace mlp::node {
namespace {

// Parameters of so many elements of 8 bytes.
SharedParameters Zeros(std::size_t size) {
  return Share(ZeroParameters(Precision::kFloat64, size));
}

TEST_CASE("parameters are found by their digest until others have come") {
  ParameterCache cache(2, 1000);
  const SharedParameters one = Zeros(3);
  cache.Keep("one", one);
  CHECK(cache.Find("one") == one);
  CHECK(cache.Find("two") == nullptr);
  cache.Keep("two", Zeros(3));
  cache.Keep("three", Zeros(3));
  CHECK(cache.Find("one") == nullptr);
  CHECK(cache.Find("two") != nullptr);
  CHECK(cache.Find("three") != nullptr);
}

TEST_CASE("parameters that come again are the last that came, and are counted once") {
  ParameterCache cache(3, 3 * 80);
  for (const char* sha256 : {"one", "two", "one", "three"}) cache.Keep(sha256, Zeros(10));
  CHECK(cache.Find("two") != nullptr);  // three fit, as "one" is counted once
  cache.Keep("four", Zeros(10));
  CHECK(cache.Find("one") != nullptr);
  CHECK(cache.Find("two") == nullptr);
  CHECK(cache.Find("three") != nullptr);
  CHECK(cache.Find("four") != nullptr);
}

TEST_CASE("the parameters that came last are kept whatever their size, and others go for them") {
  ParameterCache cache(3, 100);
  cache.Keep("one", Zeros(10));
  cache.Keep("large", Zeros(100));
  CHECK(cache.Find("one") == nullptr);
  CHECK(cache.Find("large") != nullptr);
  cache.Keep("two", Zeros(10));
  CHECK(cache.Find("large") == nullptr);
  CHECK(cache.Find("two") != nullptr);
}

}  // namespace
}  // namespace mlp::node
