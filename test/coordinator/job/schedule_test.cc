#include "services/coordinator/job/schedule.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

namespace mlp::coordinator {
namespace {

TEST_CASE("A constant learning rate stays") {
  for (int round = 1; round <= 5; ++round) CHECK(ScheduleFactor({}, round, 5) == 1);
}

TEST_CASE("A warm-up rises to the whole rate in equal steps") {
  const Schedule schedule{.warm_up_rounds = 4};
  CHECK(ScheduleFactor(schedule, 1, 10) == 0.25);
  CHECK(ScheduleFactor(schedule, 3, 10) == 0.75);
  CHECK(ScheduleFactor(schedule, 4, 10) == 1);
  CHECK(ScheduleFactor(schedule, 5, 10) == 1);
}

TEST_CASE("Steps multiply the rate every so many rounds after the warm-up") {
  const Schedule schedule{Schedule::Kind::kStep, 2, 3, 0.1};
  CHECK(ScheduleFactor(schedule, 5, 100) == 1);
  CHECK(ScheduleFactor(schedule, 6, 100) == 0.1);
  CHECK(ScheduleFactor(schedule, 8, 100) == 0.1);
  CHECK(ScheduleFactor(schedule, 9, 100) == Approx(0.01));
}

TEST_CASE("A cosine falls from 1 towards 0 and never gets there") {
  const Schedule schedule{.kind = Schedule::Kind::kCosine, .warm_up_rounds = 2};
  CHECK(ScheduleFactor(schedule, 3, 102) == Approx(1).margin(1e-12));
  for (int round = 3; round <= 102; ++round) {
    const double expected = (1 + std::cos(std::numbers::pi * (round - 3) / 100)) / 2;
    CHECK(ScheduleFactor(schedule, round, 102) == Approx(expected).margin(1e-12));
    CHECK(ScheduleFactor(schedule, round, 102) > 0);
  }
}

}  // namespace
}  // namespace mlp::coordinator
