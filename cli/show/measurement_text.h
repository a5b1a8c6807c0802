// How well a model did, for people.
#pragma once

#include "cli/client/output.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

// A line with error and loss, then for each class precision, recall and F1, and where there are few
// classes which were taken for which.
void PrintMeasurement(const v1::EvaluateModelResponse& measured, const Terminal& terminal);

}  // namespace mlp::cli
