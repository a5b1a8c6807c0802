#include "services/node/cache/cached_files.h"

#include <catch2/catch.hpp>

namespace mlp::node {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("a cache of files knows which it has and how large they are") {
  CachedFiles files(100);
  CHECK_FALSE(files.Use("a").has_value());
  CHECK(files.Add("a", 40).empty());
  CHECK(files.Add("b", 60).empty());
  CHECK(files.Use("a") == 40);
  CHECK(files.bytes() == 100);
  files.Remove("a");
  files.Remove("a");
  CHECK_FALSE(files.Use("a").has_value());
  CHECK(files.bytes() == 60);
}

TEST_CASE("the files that were used least recently go for a new one, and no more than must") {
  CachedFiles files(100);
  files.Add("a", 40);
  files.Add("b", 30);
  files.Add("c", 30);
  files.Use("a");
  CHECK(files.Add("d", 20) == Names{"b"});
  CHECK(files.Add("e", 45) == Names{"c", "a"});
  CHECK(files.bytes() == 65);
}

TEST_CASE("a file as large as the cache fits, a larger one does not") {
  CachedFiles files(100);
  files.Add("a", 1);
  CHECK(files.Fits(100));
  CHECK_FALSE(files.Fits(101));
  CHECK(files.Add("b", 100) == Names{"a"});
}

}  // namespace
}  // namespace mlp::node
