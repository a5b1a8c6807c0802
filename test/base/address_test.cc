#include "services/base/address.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

using mlp::Address;
using mlp::AddressUse;
using mlp::ParseAddress;

std::string ProblemOf(const std::string& text, AddressUse use = AddressUse::kConnect) {
  const auto address = ParseAddress(text, use);
  CHECK(address.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(address.status().message());
}

}  // namespace

TEST_CASE("an address is a host and a port, or the path of a Unix socket") {
  CHECK(ParseAddress("localhost:9090").value() == Address{"localhost", 9090});
  CHECK(ParseAddress("mlp_node_1:65535").value() == Address{"mlp_node_1", 65535});
  CHECK(ParseAddress("127.0.0.1:1").value() == Address{"127.0.0.1", 1});
  CHECK(ParseAddress("[::1]:9090").value() == Address{"::1", 9090});
  CHECK(ParseAddress("[fe80::1%eth0]:9090").value() == Address{"fe80::1%eth0", 9090});
  CHECK(ParseAddress("unix:/run/mlp socket").value() == Address{"", 0, "/run/mlp socket"});
}

TEST_CASE("an address that was read is written as it was") {
  for (const std::string text : {"localhost:9090", "127.0.0.1:1", "[::1]:9090", "unix:socket"}) {
    CHECK(mlp::ToString(ParseAddress(text).value()) == text);
  }
}

TEST_CASE("port 0 is for servers, a port without a host for nodes that advertise one") {
  CHECK(ParseAddress("0.0.0.0:0", AddressUse::kListen).value() == Address{"0.0.0.0", 0});
  CHECK_THAT(ProblemOf("0.0.0.0:0"), Catch::Contains("0 is not a port; ports are 1 to 65535"));
  CHECK_THAT(ProblemOf("a:65536", AddressUse::kListen), Catch::Contains("ports are 0 to 65535"));
  CHECK(ParseAddress(":9091", AddressUse::kAdvertise).value() == Address{"", 9091});
  CHECK_THAT(ProblemOf(":9091"), Catch::Contains("is not host:port"));
  CHECK_THAT(ProblemOf(":9091", AddressUse::kListen), Catch::Contains("0.0.0.0:9090"));
}

TEST_CASE("a mistake in an address is named, with what to write instead") {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"http://127.0.0.1:9090", "give HOST:PORT without http://"},
      {"dns:///host:9090", "without dns://"},
      {" 127.0.0.1:9090", "without blanks"},
      {"127.0.0.1:9090 ", "without blanks"},
      {"127.0.0.1:9090\r", "without blanks"},
      {"host:90 90", "is not host:port"},
      {"::1:9090", "write [::1]:9090"},
      {"2001:db8::1:9090", "write [2001:db8::1]:9090"},
      {"::1", "write [::1]:PORT"},
      {"\xEF\xBB\xBFlocalhost:9090", "byte order mark"},
      {"", "is not host:port, such as localhost:9090"},
      {"9090", "is not host:port"},
      {"host", "is not host:port"},
      {"host:", "is not host:port"},
      {"host:http", "is not host:port"},
      {"host:+90", "is not host:port"},
      {"host:9090/", "is not host:port"},
      {"host:99999999999999999999", "not a port"},
      {"'host:9090", "no name or address of a host"},
      {"user@host:9090", "no name or address of a host"},
      {"ipv4:10.0.0.1:9090", "no name or address of a host"},
      {"[host]:9090", "no name or address of a host"},
      {"[]:9090", "no name or address of a host"},
      {std::string("h\0st:9090", 9), "no name or address of a host"},
      {std::string(300, 'h') + ":9090", "no name or address of a host"},
      {"unix:", "give unix:PATH"},
      {"unix:///run/mlp", "give unix:PATH"},
      {"unix:/" + std::string(107, 'p'), "at most 107"},
  };
  for (const auto& [text, named] : mistakes) {
    CAPTURE(text);
    CHECK_THAT(ProblemOf(text), Catch::Contains(named));
  }
}
