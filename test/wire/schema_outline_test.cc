#include "services/wire/schema_outline.h"

#include <catch2/catch.hpp>
#include <string>

namespace mlp::wire {
namespace {

// Returns where something is out of place; nothing if nothing is.
std::string Place(const std::string& json) {
  const std::string message(CheckSchemaOutline(json).message());
  return message.substr(0, message.find(": "));
}

TEST_CASE("a schema's lists and objects pass, whatever its texts have in them") {
  CHECK(Place(R"({"columns": [{"name": "a[{\\", "mean": 0.5, "scale": null},
                 {"name": "\"", "categories": ["}]", "{[,"], "imputed_category": "x"}],
                 "label": "columns", "classes": ["[", "y"]})") == "");
  CHECK(Place("{}") == "");
  CHECK(Place("") == "");
}

TEST_CASE("the first thing in a schema that is out of place is named by line and column") {
  CHECK(Place("[") == "line 1, column 1");
  CHECK(Place("3") == "line 1, column 1");
  CHECK(Place("{\"columns\":\n  [[[") == "line 2, column 4");
  CHECK(Place(R"({"columns": [1)") == "line 1, column 14");
  CHECK(Place(R"({"columns": ["a")") == "line 1, column 14");
  CHECK(Place(R"({"classes": [1)") == "line 1, column 14");
  CHECK(Place(R"({"classes": [{)") == "line 1, column 14");
  CHECK(Place(R"({"label": {)") == "line 1, column 11");
  CHECK(Place(R"({"columns": [{"a": {)") == "line 1, column 20");
  CHECK(Place(R"({"columns": [{"a": ["x", [)") == "line 1, column 26");
  CHECK(Place("{}}") == "line 1, column 3");
}

TEST_CASE("texts that do not end do not end the check") {
  for (const char* json : {"{\"", "{\"a\\", "{\"a\\\"", "{'a"}) CHECK(Place(json) == "");
}

}  // namespace
}  // namespace mlp::wire
