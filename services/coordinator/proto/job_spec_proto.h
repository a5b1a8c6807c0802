// What a job is to train, as it travels.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"
#include "services/coordinator/job/job_spec.h"

namespace mlp::coordinator {

// Fills in defaults: those of the preset, then JobSpec's own; `default_policy` is the
// coordinator's. InvalidArgument, with the field, for enumeration values that do not exist. Limits
// are CheckJobSpec's business.
absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& proto, const std::string& default_policy);

// One that ToProto wrote, with no defaults to fill in. InvalidArgument, with the field, for what no
// coordinator writes.
absl::StatusOr<JobSpec> CompleteFromProto(const v1::JobSpec& proto);

v1::JobSpec ToProto(const JobSpec& spec);

}  // namespace mlp::coordinator
