// Parameters and gradients as they travel: little-endian bytes with their SHA-256.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"
#include "mlp/v1/model.pb.h"

namespace mlp {
class Parameters;
}  // namespace mlp

namespace mlp::wire {

// Computes the digest, unless `sha256` is it.
v1::ParameterBuffer ToProto(const Parameters& parameters);
v1::ParameterBuffer ToProto(const Parameters& parameters, std::string sha256);
// The same without the data, which travels otherwise.
v1::ParameterBuffer ReferenceTo(const Parameters& parameters, std::string sha256);
// Checks a reference to parameters that travel otherwise: it must have precision and digest.
absl::Status CheckReference(const v1::ParameterBuffer& buffer, std::string_view field);
// Parameters of a model of shape `spec`, which must have passed CheckModelSpec: as many elements,
// the digest right, all finite. InvalidArgument names the field below `field` and what is wrong.
absl::StatusOr<Parameters> FromProto(const v1::ParameterBuffer& buffer, const ModelSpec& spec,
                                     std::string_view field);

}  // namespace mlp::wire
