// Models for ONNX runtimes, all from raw rows to names of classes within the graph.
//
// Inputs: with a schema a tensor (N, 1) for each of its columns, by the column's name: double, nan
// where a number is missing, or string, "" where a text is. A text that the column cannot have is
// an error of the runtime. Without a schema "features" (N, features) in the model's precision.
// Outputs: "label" (N), the names of classes or int64 where they have none, and "probabilities"
// (N, classes); in regression "prediction" (N, 1). Where a column has one of these names, the
// output has "_" behind it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/model/saved_model.h"

namespace mlp::model {

// A serialised onnx.ModelProto of IR version 8, with the operators of version 15 and those for
// machine learning (ai.onnx.ml) of version 2.
absl::StatusOr<std::string> ToOnnx(const SavedModel& model);

}  // namespace mlp::model
