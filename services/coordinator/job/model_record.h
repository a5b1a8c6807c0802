// The record of an imported model: all but its parameters and schema. Pure data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/precision.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxImportedModels = 1000;

struct ModelRecord {
  std::int64_t number = 0;  // 1, 2, 3 … within a coordinator, removed ones too
  std::string id;           // "model-<number>", or the name given to it
  ModelSpec spec;
  Precision precision = Precision::kFloat64;
  std::string digest;  // SHA-256 of the parameters, hexadecimal
  std::string job_id;  // the job that trained it, in whatever cluster; may be empty
  std::string dataset;
  std::chrono::sys_time<std::chrono::nanoseconds> import_time;
  friend bool operator==(const ModelRecord&, const ModelRecord&) = default;
};

// Checks that a model may be given that name: a dataset's name, but none that a job or a model
// without a name has, such as "job-7". InvalidArgument, blamed on `name`.
absl::Status CheckModelName(const std::string& name);

}  // namespace mlp::coordinator
