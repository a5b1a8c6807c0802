#include "services/coordinator/job_spec.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/field_error.h"
#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {
namespace {

absl::Status CheckRange(const char* field, std::int64_t value, std::int64_t low,
                        std::int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be ", low, " to ", high, ", not ", value));
}

absl::Status CheckDatasetName(const std::string& name) {
  if (name.empty()) {
    return FieldError("spec.dataset",
                      "is required: the name of a directory below the data directory");
  }
  if (name.size() > kMaxNameLength) {
    return FieldError("spec.dataset", absl::StrCat("has ", name.size(), " characters; at most ",
                                                   kMaxNameLength, " are allowed"));
  }
  return absl::OkStatus();
}

absl::Status CheckSlotsAndHedging(const JobSpec& spec) {
  absl::Status status = CheckRange("spec.slots", spec.slots, 0, kMaxSlots);
  if (spec.hedge_after &&
      (*spec.hedge_after < std::chrono::nanoseconds(0) || *spec.hedge_after > kMaxHedgeAfter)) {
    status.Update(FieldError("spec.hedge_after", "must be 0 to 1 hour"));
  }
  return status;
}

}  // namespace

bool BindsWhenFree(const std::string& policy) {
  return MakePolicy(policy)->traits().binding == Binding::kWhenFree;
}

absl::Status CheckPolicyName(std::string_view field, const std::string& policy) {
  std::vector<std::string> names;
  for (const std::string_view name : PolicyNames()) {
    if (name == policy) return absl::OkStatus();
    names.emplace_back(name);
  }
  return FieldError(
      field, absl::StrCat("must be one of ", absl::StrJoin(names, ", "), ", not \"", policy, "\""));
}

absl::Status CheckJobSpec(const JobSpec& spec) {
  absl::Status status = CheckDatasetName(spec.dataset);
  status.Update(CheckRange("spec.rounds", spec.rounds, 1, kMaxRounds));
  status.Update(CheckRange("spec.epochs", spec.epochs, 1, kMaxEpochs));
  status.Update(CheckRange("spec.max_retries", spec.max_retries, 0, kMaxRetries));
  if (!std::isfinite(spec.learning_rate) || spec.learning_rate <= 0) {
    status.Update(FieldError(
        "spec.learning_rate",
        absl::StrCat("must be a finite number greater than 0, not ", spec.learning_rate)));
  }
  if (!std::isfinite(spec.tolerance) || spec.tolerance < 0) {
    status.Update(
        FieldError("spec.tolerance",
                   absl::StrCat("must be a finite number, 0 or more, not ", spec.tolerance)));
  }
  status.Update(CheckPolicyName("spec.policy", spec.policy));
  status.Update(CheckSlotsAndHedging(spec));
  if (!status.ok()) return status;
  return ModelFor(spec, 1, 1).status();
}

absl::StatusOr<ModelSpec> ModelFor(const JobSpec& spec, std::size_t features, std::size_t classes,
                                   Output output) {
  ModelSpec model;
  model.layer_sizes.push_back(features);
  model.layer_sizes.insert(model.layer_sizes.end(), spec.hidden_layer_sizes.begin(),
                           spec.hidden_layer_sizes.end());
  model.layer_sizes.push_back(classes);
  model.activation = spec.activation;
  model.output = output;
  if (absl::Status status = CheckModelSpec(model); !status.ok()) {
    return AtField("spec.hidden_layer_sizes", status);
  }
  return model;
}

TrainingOptions TrainingOptionsOf(const JobSpec& spec) {
  TrainingOptions options;
  options.epochs = spec.epochs;
  options.learning_rate = spec.learning_rate;
  options.tolerance = spec.tolerance;
  return options;
}

}  // namespace mlp::coordinator
