// The options of training as they travel from client to coordinator and from there to nodes.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/train/training_options.h"
#include "mlp/v1/training.pb.h"

namespace mlp::wire {

v1::Solver ToProto(Solver solver);
// UNSPECIFIED is DESCENT. InvalidArgument, blamed on `field`, if this version does not know it.
absl::StatusOr<Solver> FromProto(v1::Solver solver, std::string_view field);

v1::BatchTraining ToProto(const BatchOptions& options);
// Fills in defaults for fields that are not set. CheckTrainingOptions finds values out of range.
BatchOptions FromProto(const v1::BatchTraining& proto);

}  // namespace mlp::wire
