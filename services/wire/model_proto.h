// A model's shape and its measurements as they travel.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/train/evaluation.h"
#include "mlp/v1/model.pb.h"

namespace mlp::wire {

v1::ModelSpec ToProto(const ModelSpec& spec);
// A shape that passed CheckModelSpec. InvalidArgument names the field below `field`, such as
// "model.layer_sizes[1]" or "model.activation".
absl::StatusOr<ModelSpec> FromProto(const v1::ModelSpec& spec, std::string_view field);

// `rows_source` is the file that the rows come from.
v1::Evaluation ToProto(const Evaluation& evaluation, std::string_view rows_source);
// Counts that fit each other and a loss that is a number; `error` follows from the counts and is
// not read. InvalidArgument names the field below `field`.
absl::StatusOr<Evaluation> FromProto(const v1::Evaluation& evaluation, std::string_view field);

}  // namespace mlp::wire
