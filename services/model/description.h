// All about a model but its parameters, as JSON: what its files in JSON and npz have in common.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "services/model/saved_model.h"

namespace mlp::model {

// An object with "format", "digest", "precision", "layer_sizes", "activation", "output", "schema",
// "job_id" and "dataset"; what is empty is left out. InvalidArgument where the schema cannot be
// JSON.
absl::StatusOr<nlohmann::ordered_json> Describe(const SavedModel& model);

struct Description {
  SavedModel model;  // without parameters
  Precision precision = Precision::kFloat64;
  std::string digest;  // hexadecimal; empty: not said
};

// InvalidArgument names the key.
absl::StatusOr<Description> ReadDescription(const nlohmann::ordered_json& json);

// The model with these parameters. InvalidArgument: they are too few, not finite, or not those that
// the description's digest is of.
absl::StatusOr<SavedModel> WithParameters(Description description, Parameters parameters);

// JSON that was parsed; InvalidArgument says at which line and column it is none.
absl::StatusOr<nlohmann::ordered_json> ParseJson(std::string_view text);

}  // namespace mlp::model
