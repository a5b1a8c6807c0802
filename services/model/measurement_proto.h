// The message of a measurement, as it travels and is shown.
#pragma once

#include <optional>
#include <string_view>

#include "libmlp/data/schema.h"
#include "libmlp/train/measurement.h"
#include "mlp/v1/job.pb.h"

namespace mlp::model {

// Fills in all of the response but the model's digest. `schema`, of the model, may be nullptr;
// `rows_source` names the source of the rows.
v1::EvaluateModelResponse ToProto(const Measurement& measurement, const Schema* schema,
                                  std::string_view rows_source);

}  // namespace mlp::model
