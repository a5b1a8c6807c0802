#include "services/coordinator/job/job_spec.h"

#include <cmath>
#include <limits>
#include <numeric>

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

absl::Status CheckPositive(const char* field, double value) {
  if (std::isfinite(value) && value > 0) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be a finite number greater than 0, not ", value));
}

absl::Status CheckShare(const char* field, double value) {
  if (value >= 0 && value < 1) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be 0 or more and less than 1, not ", value));
}

absl::Status CheckSchedule(const Schedule& schedule, int rounds) {
  absl::Status status = CheckRange("spec.warm_up_rounds", schedule.warm_up_rounds, 0, kMaxRounds);
  if (status.ok() && schedule.warm_up_rounds > rounds) {
    status = FieldError("spec.warm_up_rounds",
                        absl::StrCat("is ", schedule.warm_up_rounds, ", but the job has only ",
                                     rounds, " rounds; warm up in fewer"));
  }
  status.Update(CheckRange("spec.schedule_rounds", schedule.step_rounds, 1, kMaxRounds));
  status.Update(CheckPositive("spec.schedule_factor", schedule.factor));
  return status;
}

// Checks the learning rate at the end of the job. Call it after CheckSchedule.
absl::Status CheckLastRate(const JobSpec& spec) {
  const double last = spec.learning_rate * ScheduleFactor(spec.schedule, spec.rounds, spec.rounds);
  if (std::isfinite(last) && last > 0) return absl::OkStatus();
  return FieldError("spec.schedule_factor",
                    absl::StrCat("takes the learning rate to ", last, " by round ", spec.rounds,
                                 "; step less often, or use a factor nearer to 1"));
}

// Refuses numbers that would be 0 in float32.
absl::Status CheckEpsilon(const char* field, double epsilon, Precision precision) {
  const double least = precision == Precision::kFloat32 ? std::numeric_limits<float>::min()
                                                        : std::numeric_limits<double>::min();
  if (epsilon >= least) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be at least ", least, " in ",
                                        std::string(PrecisionName(precision)), ", not ", epsilon));
}

absl::Status CheckServer(const ServerOptions& server) {
  absl::Status status = CheckPositive("spec.server_learning_rate", server.learning_rate);
  status.Update(CheckShare("spec.server_momentum", server.momentum));
  status.Update(CheckShare("spec.server_beta_1", server.beta_1));
  status.Update(CheckShare("spec.server_beta_2", server.beta_2));
  status.Update(CheckPositive("spec.server_epsilon", server.epsilon));
  return status;
}

absl::Status CheckEarlyStopping(const EarlyStopping& stopping) {
  absl::Status status = CheckRange("spec.patience", stopping.patience, 1, kMaxRounds);
  if (!std::isfinite(stopping.min_improvement) || stopping.min_improvement < 0) {
    status.Update(FieldError("spec.min_improvement", absl::StrCat("must be finite, 0 or more, not ",
                                                                  stopping.min_improvement)));
  }
  return status;
}

// Checks the options of batches, which other solvers must not have.
absl::Status CheckBatches(const JobSpec& spec) {
  if (spec.batches.batch_size > kMaxBatchSize) {
    return CheckRange("spec.batches.batch_size", spec.batches.batch_size, 1, kMaxBatchSize);
  }
  TrainingOptions options;  // lacks the schedule, which is not checked yet
  options.solver = spec.solver;
  options.batches = spec.batches;
  absl::Status status = BelowField("spec.", CheckTrainingOptions(options, 0));
  if (!spec.balanced_classes || !status.ok()) return status;
  if (!TrainsBatches(spec.solver)) {
    return FieldError("spec.class_weight",
                      absl::StrCat("is for solvers ", BatchSolverNames(), "; choose one of them"));
  }
  if (!spec.batches.class_weights.empty()) {
    return FieldError("spec.class_weight",
                      "is balanced, and batches.class_weights say otherwise; "
                      "leave one of them out");
  }
  return absl::OkStatus();
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
  status.Update(CheckBatches(spec));
  status.Update(CheckSchedule(spec.schedule, spec.rounds));
  status.Update(CheckServer(spec.server));
  if (status.ok()) status = CheckLastRate(spec);
  status.Update(CheckEpsilon("spec.batches.epsilon", spec.batches.epsilon, spec.precision));
  status.Update(CheckEpsilon("spec.server_epsilon", spec.server.epsilon, spec.precision));
  if (spec.early_stopping) status.Update(CheckEarlyStopping(*spec.early_stopping));
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

void SetBatchDefaults(JobSpec& spec) {
  spec.rounds = 200;
  spec.epochs = 1;
  spec.hidden_layer_sizes = {100};
  spec.learning_rate = 1e-3;
}

TrainingOptions TrainingOptionsOf(const JobSpec& spec, const std::vector<std::size_t>& class_rows,
                                  int round) {
  TrainingOptions options;
  options.epochs = spec.epochs;
  options.learning_rate = spec.learning_rate * ScheduleFactor(spec.schedule, round, spec.rounds);
  options.tolerance = spec.tolerance;
  options.solver = spec.solver;
  options.batches = spec.batches;
  options.key = {.seed = spec.seed, .round = round};
  if (!spec.balanced_classes) return options;
  const auto rows =
      static_cast<double>(std::accumulate(class_rows.begin(), class_rows.end(), std::size_t{0}));
  for (const std::size_t of_class : class_rows) {
    const double share = static_cast<double>(class_rows.size()) * static_cast<double>(of_class);
    options.batches.class_weights.push_back(of_class == 0 ? 1 : rows / share);
  }
  return options;
}

}  // namespace mlp::coordinator
