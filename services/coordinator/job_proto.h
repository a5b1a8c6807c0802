// Jobs, their specifications and events as they travel.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"
#include "services/coordinator/job.h"
#include "services/coordinator/job_event.h"
#include "services/coordinator/scheduler/explanation.h"

namespace mlp::coordinator {

// Fills in defaults: those of the preset, then JobSpec's own; `default_policy` is the
// coordinator's. InvalidArgument, with the field, for enumeration values that do not exist. Limits
// are CheckJobSpec's business.
absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& proto, const std::string& default_policy);

// The reverse of ToProto, for jobs that were kept: all but the job's number, request id and
// validated round, which do not travel. InvalidArgument, with the field, for what no coordinator
// writes.
absl::StatusOr<Job> FromProto(const v1::Job& proto);

v1::Job ToProto(const Job& job);
v1::JobEvent ToProto(const JobEvent& event);
v1::ExplainJobResponse ToProto(const Explanation& explanation);

}  // namespace mlp::coordinator
