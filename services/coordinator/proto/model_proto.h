// The messages of a coordinator's models.
#pragma once

#include "absl/status/statusor.h"
#include "mlp/v1/model_service.pb.h"
#include "services/coordinator/job/job.h"
#include "services/coordinator/job/model_record.h"

namespace mlp::coordinator {

struct Model;

// Returns a model that passed all checks. InvalidArgument names the field.
absl::StatusOr<std::shared_ptr<const Model>> FromProto(const v1::Model& proto);

v1::ModelSummary ToProto(const ModelRecord& record);
// Summarises the model of a job that succeeded.
v1::ModelSummary SummaryOf(const Job& job);

}  // namespace mlp::coordinator
