// What a job must be to be admitted, beside its specification alone. Pure; errors are
// InvalidArgument with the field.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"

namespace mlp::coordinator {

struct Dataset;
struct JobSpec;
struct Model;

inline constexpr std::size_t kMaxRequestIdLength = 128;

absl::Status CheckRequest(const JobSpec& spec, const std::string& request_id);

// Returns the model, with which training is to begin, in the job's precision.
absl::StatusOr<std::shared_ptr<const Model>> InitialFrom(const Model& model, const JobSpec& spec);

// Checks what depends on the data and on the model that training begins with; nullptr: on none.
absl::Status CheckFit(const JobSpec& spec, const ModelSpec& model, const Dataset& dataset,
                      const Model* initial);

}  // namespace mlp::coordinator
