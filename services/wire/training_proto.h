// How shards are trained, as it travels from client to coordinator and from there to nodes.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/train/training_options.h"
#include "mlp/v1/training.pb.h"

namespace mlp::wire {

v1::Solver ToProto(Solver solver);
// UNSPECIFIED is DESCENT. InvalidArgument, blamed on `field`, where it is none that this version
// knows.
absl::StatusOr<Solver> FromProto(v1::Solver solver, std::string_view field);

v1::BatchTraining ToProto(const BatchOptions& options);
// With defaults for what is not set. What is out of range is found by CheckTrainingOptions.
BatchOptions FromProto(const v1::BatchTraining& proto);

}  // namespace mlp::wire
