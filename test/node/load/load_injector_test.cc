#include "services/node/load/load_injector.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

namespace mlp::node {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr int kDraws = 20'000;

LoadInjector Injector(double probability, std::string name = "a:9091") {
  LoadProfile profile;
  profile.probability = probability;
  profile.delay = 3s;
  return LoadInjector(profile, std::move(name));
}

TEST_CASE("draws are the same on every machine and in every version") {
  CHECK(KeyedDraw(1, "a:9091", 1, 0, DrawPurpose::kReject, 0) == 0x1.9156fe35e3a9ap-2);
  CHECK(KeyedDraw(1, "a:9091", 1, 0, DrawPurpose::kHoldUp, 0) == 0x1.81826ffda6483p-1);
  CHECK(KeyedDraw(7, "b:9092", 30, 10, DrawPurpose::kReject, 99) == 0x1.b455c3110fb78p-3);
}

TEST_CASE("draws are uniform") {
  std::array<int, 10> tenths{};
  for (int i = 0; i < kDraws; ++i) {
    const double draw = KeyedDraw(1, "a", i / 11 + 1, i % 11, DrawPurpose::kHoldUp, 0);
    REQUIRE(draw >= 0);
    REQUIRE(draw < 1);
    ++tenths[static_cast<std::size_t>(draw * 10)];
  }
  // The standard deviation of each count is 42.
  for (const int count : tenths) CHECK(count == Approx(kDraws / 10).margin(200));
}

TEST_CASE("every part of the key changes the draw") {
  const double draw = KeyedDraw(1, "a", 1, 1, DrawPurpose::kReject, 1);
  CHECK(draw != KeyedDraw(2, "a", 1, 1, DrawPurpose::kReject, 1));
  CHECK(draw != KeyedDraw(1, "b", 1, 1, DrawPurpose::kReject, 1));
  CHECK(draw != KeyedDraw(1, "a", 2, 1, DrawPurpose::kReject, 1));
  CHECK(draw != KeyedDraw(1, "a", 1, 2, DrawPurpose::kReject, 1));
  CHECK(draw != KeyedDraw(1, "a", 1, 1, DrawPurpose::kHoldUp, 1));
  CHECK(draw != KeyedDraw(1, "a", 1, 1, DrawPurpose::kReject, 2));
  CHECK(KeyedDraw(1, "a", 2, 1, DrawPurpose::kReject, 1) !=
        KeyedDraw(1, "a", 1, 2, DrawPurpose::kReject, 1));
}

TEST_CASE("rejections and hold-ups have the probability asked for and are independent") {
  const LoadInjector load = Injector(0.2);
  int rejected = 0;
  int held_up = 0;
  int both = 0;
  for (int i = 0; i < kDraws; ++i) {
    const bool rejects = load.Rejects(i / 11 + 1, i % 11, 0);
    const bool holds_up = load.HoldUp(i / 11 + 1, i % 11) == 3s;
    rejected += rejects;
    held_up += holds_up;
    both += rejects && holds_up;
  }
  // The standard deviations are 57, 57 and 28.
  CHECK(rejected == Approx(0.2 * kDraws).margin(280));
  CHECK(held_up == Approx(0.2 * kDraws).margin(280));
  CHECK(both == Approx(0.04 * kDraws).margin(140));
}

TEST_CASE("two nodes with one seed have independent misfortunes") {
  const LoadInjector a = Injector(0.5, "a");
  const LoadInjector b = Injector(0.5, "b");
  int alike = 0;
  for (int round = 1; round <= kDraws; ++round) alike += a.HoldUp(round, 3) == b.HoldUp(round, 3);
  CHECK(alike == Approx(0.5 * kDraws).margin(350));
}

TEST_CASE("an offer that was rejected is accepted in the end") {
  const LoadInjector load = Injector(0.8);
  int offer = 0;
  while (offer < 200 && load.Rejects(1, 0, offer)) ++offer;
  CHECK(offer < 200);
}

TEST_CASE("without load nothing is rejected or held up, with certain load everything is") {
  for (int shard = 0; shard < 1000; ++shard) {
    REQUIRE_FALSE(Injector(0).Rejects(1, shard, 0));
    REQUIRE(Injector(0).HoldUp(1, shard) == 0s);
    REQUIRE(Injector(1).Rejects(1, shard, 0));
    REQUIRE(Injector(1).HoldUp(1, shard) == 3s);
  }
}

}  // namespace
}  // namespace mlp::node
