#include "services/coordinator/nodes/node_list.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mlp::coordinator {
namespace {

TEST_CASE("a list of nodes has a comma between them, and blanks around them or not") {
  CHECK(ParseNodeList("").value().empty());
  CHECK(ParseNodeList("a:1, [::1]:2 ,unix:/run/node").value() ==
        std::vector<Address>{{"a", 1}, {"::1", 2}, {"", 0, "/run/node"}});
}

TEST_CASE("a mistake in a list of nodes is named, with its entry") {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"a:1,,b:2", "\"\" is not host:port"},
      {"a:1,http://b:2", "without http://"},
      {"a:1,::1:9091", "write [::1]:9091"},
      {"a:1,b:0", "\"b:0\": 0 is not a port"},
  };
  for (const auto& [list, named] : mistakes) {
    const absl::Status status = ParseNodeList(list).status();
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Catch::Contains(named));
  }
}

TEST_CASE("a nodes file has a node a line, comments and blanks") {
  CHECK(ParseNodeFile("# nodes\n\na,1\n  b , 2  # second\r\n::1,3\n[::1],4\n", "f").value() ==
        std::vector<Address>{{"a", 1}, {"b", 2}, {"::1", 3}, {"::1", 4}});
}

TEST_CASE("a mistake in a nodes file is named, with the file and its line") {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"a,1\nb 2\n", "nodes.txt:2: \"b 2\" is not host,port"},
      {"a,1\nhttp://b,2\n", "without http://"},
      {"a,x\n", "nodes.txt:1: "},
      {"\xEF\xBB\xBF# nodes\na,1\n", "nodes.txt: begins with a byte order mark"},
  };
  for (const auto& [text, named] : mistakes) {
    const absl::Status status = ParseNodeFile(text, "nodes.txt").status();
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Catch::Contains(named));
  }
}

}  // namespace
}  // namespace mlp::coordinator
