// The measurement of a model, for people.
#pragma once

#include "cli/client/output.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

// Prints a line with the errors. For a model of classes, also prints precision, recall and F1 of
// each, and, if the classes are few, which were taken for which.
void PrintMeasurement(const v1::EvaluateModelResponse& measured, const Terminal& terminal);

}  // namespace mlp::cli
