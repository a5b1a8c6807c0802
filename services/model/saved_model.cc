#include "services/model/saved_model.h"

#include "absl/strings/str_cat.h"
#include "libmlp/data/encode_row.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/schema_proto.h"

namespace mlp::model {
namespace {

absl::Status CheckOrigin(const char* field, const std::string& text) {
  constexpr std::size_t kMaxCharacters = 255;
  if (text.size() <= kMaxCharacters) return absl::OkStatus();
  return FieldError(field, absl::StrCat("has ", text.size(), " characters; at most ",
                                        kMaxCharacters, " are allowed"));
}

}  // namespace

std::string DigestOf(const SavedModel& model) { return Hex(Sha256(BytesOf(*model.parameters))); }

std::string ClassName(const SavedModel& model, std::size_t label) {
  return model.schema ? model.schema->classes[label] : absl::StrCat(label);
}

Schema SchemaOf(const SavedModel& model) {
  if (model.schema) return *model.schema;
  return PlainSchema(model.spec.features(), model.spec.regression() ? 0 : model.spec.classes());
}

absl::Status CheckFits(const Schema& schema, const ModelSpec& spec) {
  if (schema.features() != spec.features()) {
    return FieldError(
        "schema.columns",
        absl::StrCat("make ", schema.features(), " features, the model takes ", spec.features()));
  }
  if (schema.regression() != spec.regression()) {
    return FieldError("schema.classes", spec.regression()
                                            ? "has classes, but the model predicts a number"
                                            : "is empty, but the model predicts classes");
  }
  if (!spec.regression() && schema.classes.size() != spec.classes()) {
    return FieldError("schema.classes",
                      absl::StrCat("has ", schema.classes.size(), " names, the model knows ",
                                   spec.classes(), " classes"));
  }
  return absl::OkStatus();
}

v1::Model ToProto(const SavedModel& model) {
  v1::Model proto;
  *proto.mutable_spec() = wire::ToProto(model.spec);
  *proto.mutable_parameters() = wire::ToProto(*model.parameters);
  if (model.schema) *proto.mutable_schema() = wire::ToProto(*model.schema);
  proto.set_job_id(model.job_id);
  proto.set_dataset(model.dataset);
  return proto;
}

absl::StatusOr<SavedModel> FromProto(const v1::Model& proto) {
  absl::Status origin = CheckOrigin("job_id", proto.job_id());
  origin.Update(CheckOrigin("dataset", proto.dataset()));
  if (!origin.ok()) return origin;
  SavedModel model;
  const absl::StatusOr<ModelSpec> spec = wire::FromProto(proto.spec(), "spec");
  if (!spec.ok()) return spec.status();
  model.spec = *spec;
  if (proto.has_schema()) {
    absl::StatusOr<Schema> schema = wire::FromProto(proto.schema(), "schema");
    if (!schema.ok()) return schema.status();
    if (absl::Status fits = CheckFits(*schema, *spec); !fits.ok()) return fits;
    model.schema = *std::move(schema);
  }
  absl::StatusOr<Parameters> parameters =
      wire::FromProto(proto.parameters(), model.spec, "parameters");
  if (!parameters.ok()) return parameters.status();
  model.parameters = Share(*std::move(parameters));
  model.job_id = proto.job_id();
  model.dataset = proto.dataset();
  return model;
}

}  // namespace mlp::model
