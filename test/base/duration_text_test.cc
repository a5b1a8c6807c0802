#include "services/base/duration_text.h"

#include <catch2/catch.hpp>
#include <string>

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TEST_CASE("a duration is a number and its unit") {
  CHECK(mlp::ParseDuration("20ms").value() == 20ms);
  CHECK(mlp::ParseDuration("3s").value() == 3s);
  CHECK(mlp::ParseDuration("1m").value() == 1min);
  CHECK(mlp::ParseDuration("10000h").value() == 10000h);
  CHECK(mlp::ParseDuration("1.5s").value() == 1500ms);
  CHECK(mlp::ParseDuration("0s").value() == 0s);
}

TEST_CASE("zero needs no unit") { CHECK(mlp::ParseDuration("0").value() == 0s); }

TEST_CASE("anything else is refused with what a duration looks like") {
  for (const std::string text : {"", "3", "s", "3 s", "-1s", "nan s", "nans", "infs", "1e3s",
                                 "3sec", "3s ", " 3s", "10001h", "3S", "0x10s"}) {
    INFO(text);
    const auto duration = mlp::ParseDuration(text);
    REQUIRE(duration.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(duration.status().message()),
               Catch::Contains("\"" + text + "\"") && Catch::Contains("20ms"));
  }
}

TEST_CASE("a rough duration has as many digits as a reader wants") {
  CHECK(mlp::RoughDuration(0s) == "0 ms");
  CHECK(mlp::RoughDuration(-3s) == "0 ms");
  CHECK(mlp::RoughDuration(1ns) == "0.0 ms");
  CHECK(mlp::RoughDuration(340us) == "0.3 ms");
  CHECK(mlp::RoughDuration(960us) == "1 ms");
  CHECK(mlp::RoughDuration(8ms) == "8 ms");
  CHECK(mlp::RoughDuration(99ms) == "99 ms");
  CHECK(mlp::RoughDuration(300ms) == "0.3 s");
  CHECK(mlp::RoughDuration(9949ms) == "9.9 s");
  CHECK(mlp::RoughDuration(9950ms) == "10 s");
  CHECK(mlp::RoughDuration(59'600ms) == "1 min 00 s");
  CHECK(mlp::RoughDuration(125s) == "2 min 05 s");
  CHECK(mlp::RoughDuration(3h + 7min) == "3 h 07 min");
}
