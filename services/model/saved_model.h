// A trained model outside a coordinator: the content of a file or a message.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/data/schema.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/shared_parameters.h"
#include "mlp/v1/model.pb.h"

namespace mlp::model {

struct SavedModel {
  ModelSpec spec;
  SharedParameters parameters;   // null only while the model is being read
  std::optional<Schema> schema;  // none: rows are plain numbers
  std::string job_id;            // the job that trained it; may be empty
  std::string dataset;           // the dataset that it was trained on; may be empty
};

// Returns the SHA-256 of the parameters, hexadecimal.
std::string DigestOf(const SavedModel& model);

// Returns the name of the class of that output, or else its number. `label` < classes.
std::string ClassName(const SavedModel& model, std::size_t label);

// Returns the schema by which a table's rows become features; for a model without one, a schema
// that takes the numbers as they are.
Schema SchemaOf(const SavedModel& model);

// InvalidArgument if the schema has other features or classes than the model.
absl::Status CheckFits(const Schema& schema, const ModelSpec& spec);

v1::Model ToProto(const SavedModel& model);
// Returns a model whose shape, schema and parameters passed all checks and fit each other.
// InvalidArgument names the field.
absl::StatusOr<SavedModel> FromProto(const v1::Model& proto);

}  // namespace mlp::model
