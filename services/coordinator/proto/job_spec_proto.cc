#include "services/coordinator/proto/job_spec_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/wire/enum_proto.h"
#include "services/wire/time_proto.h"
#include "services/wire/training_proto.h"

namespace mlp::coordinator {
namespace {

constexpr std::pair<v1::Policy, const char*> kPolicies[] = {
    {v1::POLICY_RANDOM, "random"},
    {v1::POLICY_LEAST_LOAD, "least-load"},
    {v1::POLICY_PULL, "pull"},
    {v1::POLICY_POWER_OF_TWO, "power-of-two"},
};

absl::StatusOr<std::string> PolicyFromProto(v1::Policy proto) {
  for (const auto& [value, name] : kPolicies) {
    if (value == proto) return name;
  }
  return FieldError("spec.policy", absl::StrCat("has no value ", static_cast<int>(proto),
                                                "; the values are those of mlp.v1.Policy"));
}

v1::Policy PolicyToProto(const std::string& policy) {
  for (const auto& [value, name] : kPolicies) {
    if (policy == name) return value;
  }
  return v1::POLICY_UNSPECIFIED;
}

absl::Status ApplyPreset(v1::Preset preset, JobSpec& spec) {
  switch (preset) {
    case v1::PRESET_UNSPECIFIED:
      return absl::OkStatus();
    case v1::PRESET_REFERENCE:
      spec.activation = Activation::kUnrectifiedRelu;
      spec.initialization = Initialization::kReference;
      spec.tolerance = 0.2;
      spec.seed = 1;
      spec.precision = Precision::kFloat64;
      return absl::OkStatus();
    default:
      return FieldError("spec.preset", absl::StrCat("has no value ", static_cast<int>(preset),
                                                    "; the values are those of mlp.v1.Preset"));
  }
}

// Sets `to` if `proto` has any value but UNSPECIFIED (0).
template <class Enum, class Proto>
absl::Status SetEnum(Proto proto, const char* field, Enum& to) {
  if (proto == Proto{}) return absl::OkStatus();
  absl::StatusOr<Enum> value = wire::FromProto(proto, field);
  if (value.ok()) to = *value;
  return value.status();
}

absl::Status SetHiddenLayers(const v1::JobSpec& proto, JobSpec& spec) {
  if (proto.hidden_layer_sizes().empty()) return absl::OkStatus();
  spec.hidden_layer_sizes.clear();
  for (const std::int32_t size : proto.hidden_layer_sizes()) {
    if (size < 0) {
      return FieldError("spec.hidden_layer_sizes", absl::StrCat("must be 1 or more, not ", size));
    }
    spec.hidden_layer_sizes.push_back(static_cast<std::size_t>(size));
  }
  return absl::OkStatus();
}

absl::Status UnknownValue(const char* field, int value, const char* of) {
  return FieldError(field, absl::StrCat("has no value ", value, "; the values are those of ", of));
}

absl::Status SetSolver(const v1::JobSpec& proto, JobSpec& spec) {
  const auto solver = wire::FromProto(proto.solver(), "spec.solver");
  if (!solver.ok()) return solver.status();
  spec.solver = *solver;
  spec.batches = wire::FromProto(proto.batches());
  if (!v1::ClassWeight_IsValid(proto.class_weight())) {
    return UnknownValue("spec.class_weight", proto.class_weight(), "mlp.v1.ClassWeight");
  }
  spec.balanced_classes = proto.class_weight() == v1::CLASS_WEIGHT_BALANCED;
  return absl::OkStatus();
}

absl::Status SetSchedule(const v1::JobSpec& proto, Schedule& schedule) {
  if (!v1::Schedule_IsValid(proto.schedule())) {
    return UnknownValue("spec.schedule", proto.schedule(), "mlp.v1.Schedule");
  }
  if (proto.schedule() == v1::SCHEDULE_STEP) schedule.kind = Schedule::Kind::kStep;
  if (proto.schedule() == v1::SCHEDULE_COSINE) schedule.kind = Schedule::Kind::kCosine;
  if (proto.has_warm_up_rounds()) schedule.warm_up_rounds = proto.warm_up_rounds();
  const bool step = schedule.kind == Schedule::Kind::kStep;
  if (!step && (proto.has_schedule_rounds() || proto.has_schedule_factor())) {
    return FieldError(proto.has_schedule_rounds() ? "spec.schedule_rounds" : "spec.schedule_factor",
                      "is for schedule step; leave it out or choose it");
  }
  if (proto.has_schedule_rounds()) schedule.step_rounds = proto.schedule_rounds();
  if (proto.has_schedule_factor()) schedule.factor = proto.schedule_factor();
  return absl::OkStatus();
}

absl::Status SetServer(const v1::JobSpec& proto, JobSpec& spec) {
  if (!v1::Weighting_IsValid(proto.weighting())) {
    return UnknownValue("spec.weighting", proto.weighting(), "mlp.v1.Weighting");
  }
  if (proto.weighting() == v1::WEIGHTING_BY_ROWS) spec.weighting = Weighting::kByRows;
  if (!v1::ServerOptimizer_IsValid(proto.server_optimizer())) {
    return UnknownValue("spec.server_optimizer", proto.server_optimizer(),
                        "mlp.v1.ServerOptimizer");
  }
  ServerOptions& server = spec.server;
  const bool momentum = proto.server_optimizer() == v1::SERVER_OPTIMIZER_MOMENTUM;
  const bool adam = proto.server_optimizer() == v1::SERVER_OPTIMIZER_ADAM;
  if (momentum) server.kind = ServerOptions::Kind::kMomentum;
  if (adam) server.kind = ServerOptions::Kind::kAdam;
  if (adam) server.learning_rate = 0.01;
  if (proto.has_server_learning_rate() && !momentum && !adam) {
    return FieldError("spec.server_learning_rate",
                      "is for server optimizers momentum and adam; leave it out or choose one");
  }
  if (proto.has_server_momentum() && !momentum) {
    return FieldError("spec.server_momentum",
                      "is for server optimizer momentum; leave it out or choose it");
  }
  for (const auto& [given, field] :
       {std::pair(proto.has_server_beta_1(), "spec.server_beta_1"),
        std::pair(proto.has_server_beta_2(), "spec.server_beta_2"),
        std::pair(proto.has_server_epsilon(), "spec.server_epsilon")}) {
    if (given && !adam) {
      return FieldError(field, "is for server optimizer adam; leave it out or choose it");
    }
  }
  if (proto.has_server_learning_rate()) server.learning_rate = proto.server_learning_rate();
  if (proto.has_server_momentum()) server.momentum = proto.server_momentum();
  if (proto.has_server_beta_1()) server.beta_1 = proto.server_beta_1();
  if (proto.has_server_beta_2()) server.beta_2 = proto.server_beta_2();
  if (proto.has_server_epsilon()) server.epsilon = proto.server_epsilon();
  return absl::OkStatus();
}

absl::Status SetEarlyStopping(const v1::JobSpec& proto, JobSpec& spec) {
  if (!proto.early_stopping()) {
    if (!proto.has_patience() && !proto.has_min_improvement()) return absl::OkStatus();
    return FieldError(proto.has_patience() ? "spec.patience" : "spec.min_improvement",
                      "is for early stopping; leave it out or switch that on");
  }
  spec.early_stopping.emplace();
  if (proto.has_patience()) spec.early_stopping->patience = proto.patience();
  if (proto.has_min_improvement()) {
    spec.early_stopping->min_improvement = proto.min_improvement();
  }
  return absl::OkStatus();
}

// Sets the fields that have one rule each.
absl::Status SetFields(const v1::JobSpec& proto, JobSpec& spec) {
  spec.dataset = proto.dataset();
  if (proto.has_rounds()) spec.rounds = proto.rounds();
  if (proto.has_epochs()) spec.epochs = proto.epochs();
  if (proto.has_learning_rate()) spec.learning_rate = proto.learning_rate();
  if (proto.has_tolerance()) spec.tolerance = proto.tolerance();
  if (proto.has_seed()) spec.seed = proto.seed();
  if (proto.has_max_retries()) spec.max_retries = proto.max_retries();
  spec.initial_model = proto.initial_model();
  absl::Status status = SetHiddenLayers(proto, spec);
  status.Update(SetSolver(proto, spec));
  status.Update(SetSchedule(proto, spec.schedule));
  status.Update(SetServer(proto, spec));
  status.Update(SetEarlyStopping(proto, spec));
  status.Update(SetEnum(proto.activation(), "spec.activation", spec.activation));
  status.Update(SetEnum(proto.precision(), "spec.precision", spec.precision));
  status.Update(SetEnum(proto.initialization(), "spec.initialization", spec.initialization));
  if (proto.policy() != v1::POLICY_UNSPECIFIED) {
    absl::StatusOr<std::string> policy = PolicyFromProto(proto.policy());
    status.Update(policy.status());
    if (policy.ok()) spec.policy = *std::move(policy);
  }
  return status;
}

// Refuses slots and hedging for a policy that has neither.
absl::Status RefuseSlotsAndHedging(const v1::JobSpec& proto, JobSpec& spec) {
  spec.hedge_after.reset();
  const std::string why = absl::StrCat("is not for policy ", spec.policy,
                                       ", which binds shards at once; leave it out or choose pull");
  if (proto.slots() != 0) return FieldError("spec.slots", why);
  if (proto.has_hedge_after()) return FieldError("spec.hedge_after", why);
  if (proto.hedging() == v1::HEDGING_ON) return FieldError("spec.hedging", why);
  return absl::OkStatus();
}

absl::Status SetHedging(const v1::JobSpec& proto, JobSpec& spec) {
  switch (proto.hedging()) {
    case v1::HEDGING_UNSPECIFIED:
    case v1::HEDGING_ON:
      break;
    case v1::HEDGING_OFF:
      spec.hedge_after.reset();
      if (!proto.has_hedge_after()) return absl::OkStatus();
      return FieldError("spec.hedge_after", "is for jobs that hedge; leave it out or hedging on");
    default:
      return FieldError("spec.hedging",
                        absl::StrCat("has no value ", static_cast<int>(proto.hedging()),
                                     "; the values are those of mlp.v1.Hedging"));
  }
  if (!proto.has_hedge_after()) return absl::OkStatus();
  const auto after = wire::FromProto(proto.hedge_after(), "spec.hedge_after");
  if (after.ok()) spec.hedge_after = *after;
  return after.status();
}

// Sets slots and hedging; the policy must be known before.
absl::Status SetSlotsAndHedging(const v1::JobSpec& proto, JobSpec& spec) {
  if (MakePolicy(spec.policy) == nullptr) return CheckPolicyName("spec.policy", spec.policy);
  if (!BindsWhenFree(spec.policy)) return RefuseSlotsAndHedging(proto, spec);
  spec.slots = proto.slots();
  return SetHedging(proto, spec);
}

// Sets only the fields that the schedule uses, so that it can be sent as a new specification.
void SetSchedule(const Schedule& schedule, v1::JobSpec& proto) {
  constexpr v1::Schedule kKinds[] = {v1::SCHEDULE_CONSTANT, v1::SCHEDULE_STEP, v1::SCHEDULE_COSINE};
  proto.set_schedule(kKinds[static_cast<std::size_t>(schedule.kind)]);
  proto.set_warm_up_rounds(schedule.warm_up_rounds);
  if (schedule.kind != Schedule::Kind::kStep) return;
  proto.set_schedule_rounds(schedule.step_rounds);
  proto.set_schedule_factor(schedule.factor);
}

// The same for the fields that the server's optimizer uses.
void SetServer(const JobSpec& spec, v1::JobSpec& proto) {
  const ServerOptions& server = spec.server;
  proto.set_weighting(spec.weighting == Weighting::kByRows ? v1::WEIGHTING_BY_ROWS
                                                           : v1::WEIGHTING_EQUAL);
  switch (server.kind) {
    case ServerOptions::Kind::kAverage:
      return proto.set_server_optimizer(v1::SERVER_OPTIMIZER_AVERAGE);
    case ServerOptions::Kind::kMomentum:
      proto.set_server_optimizer(v1::SERVER_OPTIMIZER_MOMENTUM);
      proto.set_server_learning_rate(server.learning_rate);
      return proto.set_server_momentum(server.momentum);
    case ServerOptions::Kind::kAdam:
      proto.set_server_optimizer(v1::SERVER_OPTIMIZER_ADAM);
      proto.set_server_learning_rate(server.learning_rate);
      proto.set_server_beta_1(server.beta_1);
      proto.set_server_beta_2(server.beta_2);
      return proto.set_server_epsilon(server.epsilon);
  }
}

}  // namespace

absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& proto, const std::string& default_policy) {
  JobSpec spec;
  spec.policy = default_policy;
  const auto solver = wire::FromProto(proto.solver(), "spec.solver");
  if (solver.ok() && TrainsBatches(*solver)) SetBatchDefaults(spec);
  absl::Status status = ApplyPreset(proto.preset(), spec);
  status.Update(SetFields(proto, spec));
  status.Update(SetSlotsAndHedging(proto, spec));
  if (!status.ok()) return status;
  return spec;
}

absl::StatusOr<JobSpec> CompleteFromProto(const v1::JobSpec& proto) {
  JobSpec spec;
  absl::Status status = SetFields(proto, spec);
  if (proto.hidden_layer_sizes().empty()) spec.hidden_layer_sizes.clear();
  spec.slots = proto.slots();
  spec.hedge_after.reset();
  if (proto.has_hedge_after()) {
    const auto after = wire::FromProto(proto.hedge_after(), "spec.hedge_after");
    status.Update(after.status());
    if (after.ok()) spec.hedge_after = *after;
  }
  status.Update(CheckJobSpec(spec));
  if (!status.ok()) return status;
  return spec;
}

v1::JobSpec ToProto(const JobSpec& spec) {
  v1::JobSpec proto;
  proto.set_dataset(spec.dataset);
  proto.set_rounds(spec.rounds);
  proto.set_epochs(spec.epochs);
  for (const std::size_t size : spec.hidden_layer_sizes) {
    proto.add_hidden_layer_sizes(static_cast<std::int32_t>(size));
  }
  proto.set_activation(wire::ToProto(spec.activation));
  proto.set_precision(wire::ToProto(spec.precision));
  proto.set_learning_rate(spec.learning_rate);
  proto.set_tolerance(spec.tolerance);
  proto.set_initialization(wire::ToProto(spec.initialization));
  proto.set_seed(spec.seed);
  proto.set_policy(PolicyToProto(spec.policy));
  proto.set_max_retries(spec.max_retries);
  proto.set_slots(spec.slots);
  proto.set_hedging(spec.hedge_after ? v1::HEDGING_ON : v1::HEDGING_OFF);
  if (spec.hedge_after) *proto.mutable_hedge_after() = wire::ToProto(*spec.hedge_after);
  proto.set_solver(wire::ToProto(spec.solver));
  if (TrainsBatches(spec.solver)) *proto.mutable_batches() = wire::ToProto(spec.batches);
  proto.set_class_weight(spec.balanced_classes ? v1::CLASS_WEIGHT_BALANCED : v1::CLASS_WEIGHT_NONE);
  SetSchedule(spec.schedule, proto);
  SetServer(spec, proto);
  proto.set_early_stopping(spec.early_stopping.has_value());
  if (spec.early_stopping) {
    proto.set_patience(spec.early_stopping->patience);
    proto.set_min_improvement(spec.early_stopping->min_improvement);
  }
  proto.set_initial_model(spec.initial_model);
  return proto;
}

}  // namespace mlp::coordinator
