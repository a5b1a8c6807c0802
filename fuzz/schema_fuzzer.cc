// Fuzzes the meaning of a dataset's columns: schema.json.
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "services/wire/schema_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mlp::fuzz::Check;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<mlp::Schema> schema = mlp::wire::SchemaFromJson(json, "schema.json");
  if (!schema.ok()) {
    Check(absl::IsInvalidArgument(schema.status()), "a bad schema is INVALID_ARGUMENT");
    return 0;
  }
  Check(CheckSchema(*schema).ok(), "a schema within limits");
  const auto again = mlp::wire::SchemaFromJson(mlp::wire::ToJson(*schema), "again");
  Check(again.ok() && *again == *schema, "a schema travels unchanged");
  return 0;
}
