#include "services/coordinator/membership/recent_rate.h"

#include <catch2/catch.hpp>

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a rate covers the last minute, or the time since the first one") {
  RecentRate rate;
  RecentRate::TimePoint now{1000s};
  CHECK(rate.PerSecond(now) == 0);
  for (int i = 0; i < 20; ++i) {
    rate.Count(now);
    now += 100ms;
  }
  CHECK(rate.PerSecond(now) == 10);
  CHECK(rate.PerSecond(now + 18s) == 1);
  CHECK(rate.PerSecond(now + 58s) == Approx(20.0 / 60).margin(0.2));
  CHECK(rate.PerSecond(now + 62s) == 0);
  for (int i = 0; i < 6000; ++i) {
    rate.Count(now);
    now += 20ms;
  }
  CHECK(rate.PerSecond(now) == Approx(50).epsilon(0.02));
}

}  // namespace
}  // namespace mlp::coordinator
