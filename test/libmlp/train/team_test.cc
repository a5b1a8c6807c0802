#include "libmlp/train/team.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <new>
#include <stdexcept>

namespace mlp {
namespace {

TEST_CASE("a team whose work throws ends it, throws what the first member threw, and works on") {
  Team team(3);
  std::atomic<int> ended = 0;
  const auto run = [&](std::size_t first_to_throw) {
    team.Run([&, first_to_throw](std::size_t member) {
      if (member == first_to_throw) throw std::bad_alloc();
      if (member > first_to_throw) throw std::length_error("too long");
      ++ended;
    });
  };
  CHECK_THROWS_AS(run(1), std::bad_alloc);
  CHECK_THROWS_AS(run(0), std::bad_alloc);
  ended = 0;
  CHECK_NOTHROW(run(3));
  CHECK(ended == static_cast<int>(team.size()));
}

TEST_CASE("a member that throws alone lets nobody wait for ever") {
  const auto fail = [](std::size_t member) {
    if (member == 0) throw std::bad_alloc();
  };
  CHECK_THROWS_AS(Team(4).Run(fail), std::bad_alloc);
  CHECK_THROWS_AS(Team(1).Run(fail), std::bad_alloc);
}

}  // namespace
}  // namespace mlp
