#include "services/wire/schema_proto.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/wire/schema_outline.h"

namespace mlp::wire {
namespace {

v1::Schema::Column ColumnToProto(const Column& column) {
  v1::Schema::Column proto;
  proto.set_name(column.name);
  for (const std::string& category : column.categories) proto.add_categories(category);
  if (column.imputed_number) proto.set_imputed_number(*column.imputed_number);
  if (column.imputed_category) proto.set_imputed_category(*column.imputed_category);
  proto.set_mean(column.mean);
  proto.set_scale(column.scale);
  return proto;
}

Column ColumnFromProto(const v1::Schema::Column& proto) {
  Column column;
  column.name = proto.name();
  column.categories.assign(proto.categories().begin(), proto.categories().end());
  if (proto.has_imputed_number()) column.imputed_number = proto.imputed_number();
  if (proto.has_imputed_category()) column.imputed_category = proto.imputed_category();
  column.mean = proto.mean();
  column.scale = proto.scale();
  return column;
}

}  // namespace

v1::Schema ToProto(const Schema& schema) {
  v1::Schema proto;
  for (const Column& column : schema.columns) *proto.add_columns() = ColumnToProto(column);
  proto.set_label(schema.label);
  for (const std::string& name : schema.classes) proto.add_classes(name);
  return proto;
}

absl::StatusOr<Schema> FromProto(const v1::Schema& proto, std::string_view field) {
  Schema schema;
  for (const v1::Schema::Column& column : proto.columns()) {
    schema.columns.push_back(ColumnFromProto(column));
  }
  schema.label = proto.label();
  schema.classes.assign(proto.classes().begin(), proto.classes().end());
  if (absl::Status status = CheckSchema(schema); !status.ok()) return AtField(field, status);
  return schema;
}

std::string ToJson(const Schema& schema) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only on text that is no UTF-8, and then writes as much as it can.
  (void)google::protobuf::util::MessageToJsonString(ToProto(schema), &json, options);
  return json;
}

absl::Status CheckSchemaFileBytes(std::uintmax_t bytes, std::string_view name) {
  if (bytes <= kMaxSchemaFileBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(std::string(name), ": has ", bytes,
                                                 " bytes, a schema at most ", kMaxSchemaFileBytes,
                                                 ": leave some columns out, or texts of columns"));
}

absl::StatusOr<Schema> SchemaFromJson(std::string_view json, std::string_view name) {
  if (absl::Status size = CheckSchemaFileBytes(json.size(), name); !size.ok()) return size;
  if (absl::Status outline = CheckSchemaOutline(json); !outline.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(name), ": is not a schema in JSON: ", outline.message()));
  }
  v1::Schema proto;
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(json), &proto);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(name), ": is not a schema in JSON: ", std::string(parsed.message())));
  }
  return FromProto(proto, name);
}

}  // namespace mlp::wire
