// Models for ONNX runtimes: the graph contains everything from raw rows to names of classes.
//
// Inputs: with a schema a tensor (N, 1) for each of its columns, by the column's name: double, nan
// for a missing number, or string, "" for a missing text. A text that the column cannot have is an
// error of the runtime. Without a schema "features" (N, features) in the model's precision.
// Outputs: "label" (N), the names of classes or int64 if they have none, and "probabilities" (N,
// classes); in regression "prediction" (N, 1). If a column has one of these names, the output's
// name is followed by "_".
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace mlp::model {

struct SavedModel;

// Returns a serialised onnx.ModelProto of IR version 8, with the operators of version 15 and those
// for machine learning (ai.onnx.ml) of version 2.
absl::StatusOr<std::string> ToOnnx(const SavedModel& model);

}  // namespace mlp::model
