// Tests of which addresses of a configured name are nodes.
#include "services/coordinator/nodes/host_addresses.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using Texts = std::vector<std::string>;

struct HostFixture {
  HostAddresses host;
  HostAddresses::TimePoint now{1000s};
  std::set<std::string> up;

  Texts Found(const Texts& found) {
    return host.Found(now, found, [this](const std::string& each) { return up.contains(each); });
  }
};

const Texts kBoth = {"127.0.0.1:1", "[::1]:1"};

TEST_CASE_METHOD(HostFixture, "a name with addresses of both families is tried over both") {
  CHECK(Found(kBoth) == kBoth);
  CHECK(host.ToDrop(now).empty());
  CHECK(Found(kBoth).empty());
  CHECK(host.ToDrop(now).empty());
}

TEST_CASE_METHOD(HostFixture, "when nodes answer over one family, the other one's are dropped") {
  Found(kBoth);
  SECTION("IPv4") {
    up = {"127.0.0.1:1"};
    Found(kBoth);
    CHECK(host.ToDrop(now) == Texts{"[::1]:1"});
  }
  SECTION("IPv6") {
    up = {"[::1]:1"};
    Found(kBoth);
    CHECK(host.ToDrop(now) == Texts{"127.0.0.1:1"});
    host.Dropped("127.0.0.1:1");
    up = {};
    CHECK(Found(kBoth) == Texts{"127.0.0.1:1"});  // it is tried again
  }
}

TEST_CASE_METHOD(HostFixture,
                 "an address that a name has no more is dropped when it is long down") {
  up = {"10.0.0.1:1", "10.0.0.2:1"};
  CHECK(Found({"10.0.0.1:1", "10.0.0.2:1"}) == Texts{"10.0.0.1:1", "10.0.0.2:1"});
  CHECK(Found({"10.0.0.2:1"}).empty());
  now += 1h;
  CHECK(host.ToDrop(now).empty());  // a node answers there
  up = {"10.0.0.2:1"};
  Found({"10.0.0.2:1"});
  CHECK(host.ToDrop(now + 10min - 1ns).empty());
  CHECK(host.ToDrop(now + 10min) == Texts{"10.0.0.1:1"});
  Found({"10.0.0.1:1", "10.0.0.2:1"});
  CHECK(host.ToDrop(now + 1h).empty());  // the name has it again
}

}  // namespace
}  // namespace mlp::coordinator
