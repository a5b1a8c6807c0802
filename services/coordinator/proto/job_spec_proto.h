// The message of a job's specification.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"
#include "services/coordinator/job/job_spec.h"

namespace mlp::coordinator {

// Fills in defaults: those of the preset, then JobSpec's own; `default_policy` is the
// coordinator's. InvalidArgument, with the field, for enumeration values that do not exist.
// CheckJobSpec checks the limits.
absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& proto, const std::string& default_policy);

// Reads a specification that ToProto wrote, without filling in defaults. InvalidArgument, with the
// field, for anything that no coordinator writes.
absl::StatusOr<JobSpec> CompleteFromProto(const v1::JobSpec& proto);

v1::JobSpec ToProto(const JobSpec& spec);

}  // namespace mlp::coordinator
