#include "services/rpc/connections/connection_limiter.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace mlp::rpc {
namespace {

using namespace std::chrono_literals;
using Id = ConnectionLimiter::Id;
using Origin = ConnectionLimiter::Origin;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

async::TimePoint At(std::chrono::nanoseconds after) { return async::TimePoint(100s) + after; }

ConnectionLimits Limits() {
  ConnectionLimits limits;
  limits.connections = 4;
  limits.connections_each = 2;
  return limits;
}

Origin From(const std::string& address, Id id) {
  return {"ipv4:" + address + ":" + std::to_string(id), address};
}

struct Fixture {
  ConnectionLimiter limiter{Limits()};

  bool Admit(Id id, const std::string& address, std::optional<Id> instead_of = {}) {
    const ConnectionLimiter::Verdict verdict = limiter.Admit(At(0s), id, From(address, id));
    CHECK(verdict.instead_of == instead_of);
    return verdict.admitted;
  }
  void Call(Id id, const std::string& address) { limiter.Took(From(address, id).peer); }
  std::vector<Id> Excess(async::TimePoint now) {
    std::vector<Id> ids;
    for (const auto& excess : limiter.TakeExcess(now)) ids.push_back(excess.id);
    return ids;
  }
};

TEST_CASE_METHOD(Fixture, "a full server gives the place of the oldest that made no call") {
  CHECK(Admit(1, "a"));
  CHECK(Admit(2, "b"));
  CHECK(Admit(3, "c"));
  CHECK(Admit(4, "d"));
  Call(1, "a");
  CHECK(Admit(5, "e", 2));
  CHECK(Admit(6, "f", 3));
  CHECK(limiter.size() == 4);
}

TEST_CASE_METHOD(Fixture, "a full server whose connections have all made calls refuses more") {
  for (const Id id : {1, 2, 3, 4}) {
    const std::string address(1, static_cast<char>('a' + id));
    CHECK(Admit(id, address));
    Call(id, address);
  }
  CHECK_FALSE(Admit(5, "z"));
  limiter.Closed(2);
  CHECK(Admit(6, "z"));
}

TEST_CASE_METHOD(Fixture, "an address that has its share costs no other address a connection") {
  CHECK(Admit(1, "quiet"));
  CHECK(Admit(2, "greedy"));
  CHECK(Admit(3, "greedy"));
  CHECK(Admit(4, "greedy", 2));
  Call(3, "greedy");
  Call(4, "greedy");
  CHECK_FALSE(Admit(5, "greedy"));
  CHECK(Admit(6, "other"));
  CHECK(limiter.size() == 4);
}

TEST_CASE_METHOD(Fixture, "a connection without a call ends in time, one with a call does not") {
  CHECK(Admit(1, "a"));
  CHECK(Admit(2, "b"));
  Call(2, "b");
  CHECK(Excess(At(10s - 1ns)).empty());
  CHECK(Excess(At(10s)) == std::vector<Id>{1});
  CHECK(Excess(At(1h)).empty());
  CHECK(limiter.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a connection that sends more than a call takes is closed") {
  CHECK(Admit(1, "a"));
  Call(1, "a");
  limiter.Read(At(1s), 1, 70 * kMebibyte);  // up to here the call took it
  limiter.Read(At(1s), 1, 142 * kMebibyte);
  CHECK(Excess(At(1s)).empty());
  limiter.Read(At(1s), 1, 142 * kMebibyte + 1);
  CHECK(Excess(At(1s)) == std::vector<Id>{1});
}

TEST_CASE_METHOD(Fixture, "a connection that sends much before its first call is closed") {
  CHECK(Admit(1, "a"));
  limiter.Read(At(0s), 1, 24 * kMebibyte);
  CHECK(Excess(At(0s)).empty());
  limiter.Read(At(0s), 1, 24 * kMebibyte + 1);
  CHECK(Excess(At(0s)) == std::vector<Id>{1});
}

TEST_CASE_METHOD(Fixture, "among connections with too much together the largest is closed") {
  CHECK(Admit(1, "a"));
  CHECK(Admit(2, "b"));
  CHECK(Admit(3, "c"));
  Call(1, "a");
  Call(2, "b");
  Call(3, "c");
  for (const Id id : {1, 2, 3}) limiter.Read(At(0s), id, 0);
  limiter.Read(At(0s), 1, 50 * kMebibyte);
  limiter.Read(At(0s), 2, 60 * kMebibyte);
  limiter.Read(At(0s), 3, 50 * kMebibyte);
  CHECK(Excess(At(0s)).empty());
  limiter.Read(At(0s), 3, 50 * kMebibyte + 1);
  CHECK(Excess(At(0s)) == std::vector<Id>{2});
}

TEST_CASE_METHOD(Fixture,
                 "a connection whose calls are abandoned before their requests is closed") {
  CHECK(Admit(1, "a"));
  CHECK(Admit(2, "b"));
  Call(1, "a");
  Call(2, "b");
  const auto abandon = [&](int calls) {
    for (int i = 0; i < calls; ++i) limiter.Abandoned(From("a", 1).peer);
  };
  limiter.Read(At(0s), 1, 0);
  abandon(2000);
  CHECK(Excess(At(0s)).empty());
  limiter.Read(At(1s), 1, 0);  // ten a second are forgiven
  abandon(10);
  CHECK(Excess(At(1s)).empty());
  abandon(1);
  CHECK(Excess(At(1s)) == std::vector<Id>{1});
  CHECK(limiter.size() == 1);
}

TEST_CASE_METHOD(Fixture, "calls that are left of a connection that was closed are not taken") {
  CHECK(Admit(1, "a"));
  CHECK(Admit(2, "b"));
  CHECK(limiter.Took(From("a", 1).peer));
  for (int i = 0; i < 2001; ++i) limiter.Abandoned(From("a", 1).peer);
  CHECK(Excess(At(0s)) == std::vector<Id>{1});
  CHECK_FALSE(limiter.Took(From("a", 1).peer));
  CHECK(limiter.Took(From("b", 2).peer));
  CHECK(limiter.Took("unix:"));
  CHECK(Admit(3, "c"));
  CHECK(limiter.Admit(At(1s), 4, From("a", 1)).admitted);  // another connection from the same port
  CHECK(limiter.Took(From("a", 1).peer));
}

TEST_CASE_METHOD(Fixture, "a busy server closes the connection of which it read most meanwhile") {
  CHECK(Admit(1, "a"));
  CHECK(Admit(2, "b"));
  CHECK(Admit(3, "c"));
  limiter.Read(At(0s), 1, 1000);
  limiter.Read(At(0s), 2, 100);
  limiter.Read(At(0s), 3, 9000);
  limiter.Read(At(1s), 1, 1001);
  limiter.Read(At(1s), 2, 200);
  limiter.Read(At(1s), 3, 9000);
  const auto busiest = limiter.TakeBusiest();
  REQUIRE(busiest);
  CHECK(busiest->id == 2);
  CHECK(busiest->peer == From("b", 2).peer);
  CHECK(limiter.size() == 2);
}

TEST_CASE_METHOD(Fixture, "a busy server that reads nothing closes no connection for it") {
  CHECK(Admit(1, "a"));
  limiter.Read(At(0s), 1, 1000);
  limiter.Read(At(1s), 1, 1000);
  CHECK_FALSE(limiter.TakeBusiest());
  CHECK(limiter.size() == 1);
}

TEST_CASE_METHOD(Fixture,
                 "a server that is busy with a large message closes no connection for it") {
  CHECK(Admit(1, "a"));
  limiter.Read(At(0s), 1, 0);
  limiter.Read(At(50ms), 1, 2 * kMebibyte);
  CHECK_FALSE(limiter.TakeBusiest());
  limiter.Read(At(100ms), 1, 3 * kMebibyte);
  CHECK(limiter.TakeBusiest());
}

TEST_CASE_METHOD(Fixture, "the pings of an idle connection never add up") {
  CHECK(Admit(1, "a"));
  Call(1, "a");
  std::uint64_t bytes = 0;
  for (int day = 1; day <= 5000; ++day) {
    bytes += std::uint64_t{86'400} * 34;
    limiter.Read(At(24h * day), 1, bytes);
    REQUIRE(Excess(At(24h * day)).empty());
  }
}

TEST_CASE_METHOD(Fixture,
                 "a connection of the machine's own socket file counts, but is not judged") {
  CHECK(limiter.Admit(At(0s), 1, {"", "a socket file"}).admitted);
  CHECK(limiter.Admit(At(0s), 2, {"", "a socket file"}).admitted);
  CHECK(limiter.Admit(At(0s), 3, {"", "a socket file"}).admitted);
  CHECK(limiter.Admit(At(0s), 4, {"", "a socket file"}).admitted);
  limiter.Read(At(0s), 1, 1000 * kMebibyte);
  CHECK(Excess(At(1h)).empty());
  CHECK_FALSE(Admit(5, "a"));
}

TEST_CASE("half of the descriptors that the program does not need are for connections of others") {
  CHECK(LimitsFor(20'064).connections == 10'000);
  CHECK(LimitsFor(20'064).connections_each == 5'000);
  CHECK(LimitsFor(256).connections == 96);
  CHECK(LimitsFor(64).connections == 8);
  CHECK(LimitsFor(0).connections_each == 4);
  CHECK(LimitsFor(std::uint64_t{1} << 40).connections == 20'000);
}

}  // namespace
}  // namespace mlp::rpc
