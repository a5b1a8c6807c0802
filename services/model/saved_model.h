// A trained model outside a coordinator: what a file has, or a message.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/data/schema.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/parameters.h"
#include "mlp/v1/model.pb.h"

namespace mlp::model {

struct SavedModel {
  ModelSpec spec;
  Parameters parameters;
  std::optional<Schema> schema;  // none: rows are numbers as they are
  std::string job_id;            // that trained it; may be empty
  std::string dataset;           // that it was trained on; may be empty
};

// SHA-256 of the parameters, hexadecimal.
std::string DigestOf(const SavedModel& model);

// What that output is called: the class by its name, or else its number. `label` < classes.
std::string ClassName(const SavedModel& model, std::size_t label);

// How a table's rows become features: its schema, or without one numbers as they are.
Schema SchemaOf(const SavedModel& model);

// InvalidArgument where the schema has other features or classes than the model.
absl::Status CheckFits(const Schema& schema, const ModelSpec& spec);

v1::Model ToProto(const SavedModel& model);
// A model whose shape, schema and parameters passed all checks and fit each other. InvalidArgument
// names the field.
absl::StatusOr<SavedModel> FromProto(const v1::Model& proto);

}  // namespace mlp::model
