// A model without its parameters as JSON: the common part of its files in JSON and npz.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "services/model/saved_model.h"

namespace mlp::model {

// Returns an object with "format", "digest", "precision", "layer_sizes", "activation", "output",
// "schema", "job_id" and "dataset"; empty ones are left out. InvalidArgument if the schema cannot
// be JSON.
absl::StatusOr<nlohmann::ordered_json> Describe(const SavedModel& model);

struct Description {
  SavedModel model;  // has no parameters
  Precision precision = Precision::kFloat64;
  std::string digest;  // hexadecimal; empty: not stated
};

// InvalidArgument names the key.
absl::StatusOr<Description> ReadDescription(const nlohmann::ordered_json& json);

// Returns the model with these parameters. InvalidArgument if they are too few, not finite, or do
// not have the description's digest.
absl::StatusOr<SavedModel> WithParameters(Description description, Parameters parameters);

// Returns the parsed JSON; InvalidArgument says at which line and column the text is none.
absl::StatusOr<nlohmann::ordered_json> ParseJson(std::string_view text);

}  // namespace mlp::model
