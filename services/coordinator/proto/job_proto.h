// The messages of jobs and their events.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"
#include "services/coordinator/job/explanation.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/job/job_event.h"
#include "services/coordinator/proto/job_spec_proto.h"

namespace mlp::coordinator {

// The reverse of ToProto, for jobs from a store: all but the job's number, request id and validated
// round, which are not in the message. InvalidArgument, with the field, for anything that no
// coordinator writes.
absl::StatusOr<Job> FromProto(const v1::Job& proto);

v1::Job ToProto(const Job& job);
v1::JobEvent ToProto(const JobEvent& event);
v1::ExplainJobResponse ToProto(const Explanation& explanation);

}  // namespace mlp::coordinator
