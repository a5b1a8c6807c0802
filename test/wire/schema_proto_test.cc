#include "services/wire/schema_proto.h"

#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace mlp::wire {
namespace {

Schema Flowers() {
  Schema schema;
  schema.columns = {{"length", {}, 1.5, std::nullopt, 0.1, 1.0 / 3},
                    {"colour", {"red", "naïve \"blue\""}, std::nullopt, "red", 0, 1}};
  schema.label = std::string("kind");
  schema.classes = {"a", "b", "c"};
  return schema;
}

void CheckRefused(Schema schema, const std::string& message) {
  const auto back = FromProto(ToProto(schema), "schema");
  CHECK(back.status().message() == absl::StrCat("schema: ", message));
}

TEST_CASE("a schema comes back from its message and from JSON unchanged") {
  const Schema schema = Flowers();
  CHECK(FromProto(ToProto(schema), "schema").value() == schema);
  CHECK(SchemaFromJson(ToJson(schema), "schema.json").value() == schema);
  CHECK(schema.features() == 3);
}

TEST_CASE("a schema that contradicts itself is refused with the place of it") {
  Schema schema = Flowers();
  schema.columns.clear();
  CheckRefused(schema, "columns: there are none");
  schema = Flowers();
  schema.columns[1].name = std::string("kind");
  CheckRefused(schema, "columns[1].name: 'kind' is there twice");
  schema = Flowers();
  schema.columns[0].scale = 0;
  CheckRefused(schema, "columns[0].scale: must be a finite number greater than 0");
  schema = Flowers();
  schema.columns[1].imputed_category = std::string("green");
  CheckRefused(schema, "columns[1].imputed_category: 'green' is not one of the column's texts");
  schema = Flowers();
  schema.classes[2] = std::string("a");
  CheckRefused(schema, "classes[2]: 'a' is there twice");
  schema = Flowers();
  schema.classes[2] = std::string(1025, 'x');
  CheckRefused(schema,
               "classes[2]: has 1025 bytes, at most 1024 are possible: shorten it, or leave the "
               "column out");
}

TEST_CASE("a file that is no schema is refused by its name") {
  const auto schema = SchemaFromJson("{\"columns\": 3", "schema.json");
  CHECK(std::string(schema.status().message()).starts_with("schema.json: is not a schema in JSON"));
}

TEST_CASE("a file that is larger than any schema is refused before it is parsed") {
  const auto schema = SchemaFromJson(std::string(kMaxSchemaFileBytes + 1, '['), "schema.json");
  CHECK(schema.status().message() ==
        "schema.json: has 16777217 bytes, a schema at most 16777216: leave some columns out, or "
        "texts of columns");
}

TEST_CASE("a schema with a value out of place is refused at the first one") {
  const auto schema = SchemaFromJson("{\"columns\":" + std::string(1 << 20, '['), "schema.json");
  CHECK(std::string(schema.status().message())
            .starts_with("schema.json: is not a schema in JSON: line 1, column 13: is out of "
                         "place; "));
}

}  // namespace
}  // namespace mlp::wire
