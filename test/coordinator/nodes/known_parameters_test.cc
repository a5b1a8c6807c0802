#include "services/coordinator/nodes/known_parameters.h"

#include <catch2/catch.hpp>
#include <cstddef>
#include <string>

namespace mlp::coordinator {
namespace {

TEST_CASE("the parameters that a node was sent last are known, in any order, until it lacks them") {
  KnownParameters known;
  known.Add("a");
  known.Add("b");
  CHECK(known.Has("a"));
  CHECK(known.Has("b"));
  known.Remove("a");
  CHECK_FALSE(known.Has("a"));
  CHECK(known.Has("b"));
}

TEST_CASE("the parameters that were added longest ago are forgotten") {
  KnownParameters known;
  for (std::size_t i = 0; i < KnownParameters::kMost; ++i) known.Add(std::to_string(i));
  known.Add("0");
  known.Add("another");
  CHECK(known.Has("0"));
  CHECK_FALSE(known.Has("1"));
  CHECK(known.Has("another"));
}

}  // namespace
}  // namespace mlp::coordinator
