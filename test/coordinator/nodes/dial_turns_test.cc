// Tests of the strangers' turns to be dialled.
#include "services/coordinator/nodes/dial_turns.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "services/rpc/loop.h"

namespace mlp::coordinator {
namespace {

using Turns = std::vector<std::unique_ptr<DialTurns::Turn>>;

struct TurnsFixture {
  rpc::Loop loop;
  DialTurns turns{loop};

  void Queue(Turns& into, int count, const std::string& host) {
    for (int i = 0; i < count; ++i) {
      into.push_back(std::make_unique<DialTurns::Turn>(turns, host));
    }
  }
  static int Had(const Turns& turns) {
    return static_cast<int>(
        std::ranges::count_if(turns, [](const auto& turn) { return turn->has_it(); }));
  }
};

TEST_CASE_METHOD(TurnsFixture,
                 "strangers of one host have eight turns at once, and block no other's") {
  Turns many;
  Queue(many, 100, "10.9.9.9");
  CHECK(Had(many) == 8);
  Turns other;
  Queue(other, 1, "10.0.0.1");
  CHECK(Had(other) == 1);
  many.erase(many.begin(), many.begin() + 4);
  CHECK(Had(many) == 8);
  CHECK(many[4]->has_it());  // first come, first served
  CHECK_FALSE(many[8]->has_it());
  many.erase(many.begin() + 8, many.end());  // whoever waits may leave
  many.erase(many.begin(), many.begin() + 4);
  CHECK(Had(many) == 4);
}

TEST_CASE_METHOD(TurnsFixture, "there are 32 turns at once") {
  Turns many;
  for (int host = 0; host < 10; ++host) Queue(many, 8, std::to_string(host));
  CHECK(Had(many) == 32);
  many.erase(many.begin());
  CHECK(Had(many) == 32);
}

}  // namespace
}  // namespace mlp::coordinator
