#include "services/coordinator/api/advertised_address.h"

#include <catch2/catch.hpp>
#include <string>

#include "services/base/field_error.h"

namespace mlp::coordinator {
namespace {

TEST_CASE("a node is dialled back where it says, or at the host that its call comes from") {
  CHECK(AdvertisedAddress("node-1:9091", "ipv4:10.0.0.7:41234").value() == "node-1:9091");
  CHECK(AdvertisedAddress("[::1]:9091", "ipv4:10.0.0.7:41234").value() == "[::1]:9091");
  CHECK(AdvertisedAddress(":9091", "ipv4:10.0.0.7:41234").value() == "10.0.0.7:9091");
  CHECK(AdvertisedAddress(":9091", "ipv6:%5B::1%5D:41234").value() == "[::1]:9091");
  CHECK(AdvertisedAddress(":9091", "ipv6:[fe80::1]:41234").value() == "[fe80::1]:9091");
}

TEST_CASE("an address that nobody can call is refused, by its field") {
  for (const std::string address : {"", ":", ":0", ":99999", "host", "host:", "a:1,b:2", "h:x",
                                    "http://h:1", " h:1", "::1:9091", "unix:/run/node"}) {
    CAPTURE(address);
    const auto refused = AdvertisedAddress(address, "ipv4:10.0.0.7:41234");
    CHECK(absl::IsInvalidArgument(refused.status()));
    CHECK(FieldOf(refused.status()) == "address");
  }
  CHECK_THAT(std::string(AdvertisedAddress(":9091", "unix:/tmp/socket").status().message()),
             Catch::Contains("--advertise"));
}

TEST_CASE("a Unix socket is an address for a coordinator on its machine only") {
  CHECK(AdvertisedAddress("unix:/run/node", "unix:").value() == "unix:/run/node");
  CHECK_FALSE(AdvertisedAddress("unix:/run/node", "ipv4:127.0.0.1:41234").ok());
}

}  // namespace
}  // namespace mlp::coordinator
