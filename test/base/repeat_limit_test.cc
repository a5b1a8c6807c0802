#include "services/base/repeat_limit.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using mlp::RepeatLimit;
using namespace std::chrono_literals;

TEST_CASE("of one kind one a second is let through, which says how many were left out") {
  RepeatLimit limit(1s);
  const RepeatLimit::TimePoint begin{};
  CHECK(limit.Take("a", begin) == 0);
  for (int i = 1; i < 10; ++i) CHECK_FALSE(limit.Take("a", begin + i * 100ms));
  CHECK(limit.Take("b", begin + 500ms) == 0);
  CHECK(limit.Take("a", begin + 1s) == 9);
  CHECK_FALSE(limit.Take("a", begin + 1s));
  CHECK(limit.Take("a", begin + 1h) == 1);
}

TEST_CASE("kinds without end do not take memory without end") {
  RepeatLimit limit(1s);
  RepeatLimit::TimePoint now{};
  CHECK(limit.Take("first", now) == 0);
  for (std::size_t i = 1; i < RepeatLimit::kMaxKinds; ++i) {
    CHECK(limit.Take(std::to_string(i), now += 1us) == 0);
  }
  CHECK_FALSE(limit.Take("first", now));
  CHECK(limit.Take("one more", now) == 0);
  CHECK(limit.Take("first", now) == 0);  // its place was taken
}
