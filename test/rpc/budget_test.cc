#include "services/rpc/budget.h"

#include <catch2/catch.hpp>
#include <optional>

#include "services/base/retry_after.h"

namespace mlp::rpc {
namespace {

using Claim = Budget::Claim;

TEST_CASE("one host takes its share of a budget and leaves the rest to others") {
  Budget budget({.all = 100, .host = 60});
  Claim first(budget, "a");
  Claim second(budget, "a");
  Claim other(budget, "b");
  CHECK(first.Resize(40));
  CHECK_FALSE(second.Resize(21));
  CHECK(second.amount() == 0);
  CHECK(second.Resize(20));
  CHECK_FALSE(other.Resize(41));
  CHECK(other.Resize(40));
  CHECK(budget.claimed() == 100);
  CHECK(first.Resize(10));  // a claim may always shrink
  CHECK(other.Resize(60));
  CHECK_FALSE(first.Resize(41));
  CHECK(first.amount() == 10);
}

TEST_CASE("what was claimed is free when the claim ends, and its host is forgotten") {
  Budget budget({.all = 100, .host = 100});
  {
    Claim claim(budget, "a");
    CHECK(claim.Resize(100));
    const Claim idle(budget, "b");
    CHECK(budget.hosts() == 2);
  }
  CHECK(budget.claimed() == 0);
  CHECK(budget.hosts() == 0);
}

TEST_CASE("large claims leave room for small ones") {
  Budget budget({.all = 100, .host = 100, .small = 5, .reserved = 10});
  Claim large(budget, "a");
  CHECK_FALSE(large.Resize(91));
  CHECK(large.Resize(90));
  Claim small(budget, "a");
  CHECK_FALSE(small.Resize(6));
  CHECK(small.Resize(5));
}

TEST_CASE("the host of a peer is its address without the port") {
  CHECK(HostOf("ipv4:10.0.0.1:41234") == "ipv4:10.0.0.1");
  CHECK(HostOf("ipv6:%5B::1%5D:41234") == "ipv6:%5B::1%5D");
  CHECK(HostOf("unix:/run/mlp") == "unix");
  CHECK(HostOf("") == "");
}

TEST_CASE("a budget that is spent says when to try again") {
  const BudgetLimits limits{.all = std::size_t{64} << 20, .host = std::size_t{32} << 20};
  CHECK(BytesSpent(limits).code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(BytesSpent(limits).message()),
             Catch::Contains("64 MiB") && Catch::Contains("32 MiB"));
  CHECK(RetryAfterOf(BytesSpent(limits)).has_value());
  CHECK(RetryAfterOf(PlacesTaken("health watches", limits)).has_value());
}

}  // namespace
}  // namespace mlp::rpc
