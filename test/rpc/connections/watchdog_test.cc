#include "services/rpc/connections/watchdog.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>

namespace mlp::rpc {
namespace {

using std::chrono::milliseconds;

struct WatchedThread {
  // A look 100 ms after the last one, at a thread that has computed for `computed` of them.
  int Look(std::uint64_t turn, milliseconds computed) {
    now += milliseconds(100);
    progress.turn = turn;
    progress.computed += computed;
    return watchdog.Look(now, progress);
  }

  Watchdog watchdog;
  async::TimePoint now;
  Watchdog::Progress progress;
};

TEST_CASE_METHOD(WatchedThread, "a thread that computes in one turn from look to look is busy") {
  CHECK(Look(7, milliseconds(100)) == 0);  // not known for how long yet
  CHECK(Look(7, milliseconds(100)) == 1);
  CHECK(Look(7, milliseconds(50)) == 2);
  CHECK(Look(8, milliseconds(100)) == 0);
  CHECK(Look(8, milliseconds(100)) == 1);
}

TEST_CASE_METHOD(WatchedThread, "a thread that waits, or has no processor, is not busy") {
  CHECK(Look(7, milliseconds(0)) == 0);
  CHECK(Look(7, milliseconds(0)) == 0);
  CHECK(Look(7, milliseconds(49)) == 0);
}

TEST_CASE_METHOD(WatchedThread, "a thread that runs a flow is not busy with connections") {
  CHECK(Look(0, milliseconds(100)) == 0);
  CHECK(Look(0, milliseconds(100)) == 0);
}

}  // namespace
}  // namespace mlp::rpc
