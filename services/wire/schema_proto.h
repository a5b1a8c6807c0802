// A schema as it travels, and as the file `schema.json` of a dataset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/data/schema.h"
#include "mlp/v1/model.pb.h"

namespace mlp::wire {

v1::Schema ToProto(const Schema& schema);
// A schema that passed CheckSchema. InvalidArgument names the field below `field`.
absl::StatusOr<Schema> FromProto(const v1::Schema& proto, std::string_view field);

// The message as JSON, with a newline at its end; numbers travel unchanged.
std::string ToJson(const Schema& schema);
// The reverse. InvalidArgument, after `name`, if the text is no such JSON, has more than
// kMaxSchemaFileBytes, or the schema is wrong. Takes time in proportion to the text, whatever it
// is.
absl::StatusOr<Schema> SchemaFromJson(std::string_view json, std::string_view name);
// InvalidArgument, after `name`, if a file of so many bytes is no schema: look before reading it.
absl::Status CheckSchemaFileBytes(std::uintmax_t bytes, std::string_view name);

}  // namespace mlp::wire
