// Enumerations as they travel. UNSPECIFIED and numbers that this version does not know are refused
// with an error that names the field and the values there are; a caller with a default fills it in
// before.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/model/initialization.h"
#include "libmlp/model/model_spec.h"
#include "mlp/v1/job.pb.h"
#include "mlp/v1/model.pb.h"

namespace mlp::wire {

v1::Activation ToProto(Activation activation);
v1::Output ToProto(Output output);
v1::Precision ToProto(Precision precision);
v1::Initialization ToProto(Initialization initialization);

// `field` is the path that the error blames, such as "model.activation".
absl::StatusOr<Activation> FromProto(v1::Activation activation, std::string_view field);
absl::StatusOr<Output> FromProto(v1::Output output, std::string_view field);
absl::StatusOr<Precision> FromProto(v1::Precision precision, std::string_view field);
absl::StatusOr<Initialization> FromProto(v1::Initialization initialization, std::string_view field);

}  // namespace mlp::wire
