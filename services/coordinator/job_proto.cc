#include "services/coordinator/job_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"
#include "services/wire/model_proto.h"
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

// Sets `to` where `proto` says anything but UNSPECIFIED (0).
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
                      "is for early_stopping; leave it out or switch that on");
  }
  spec.early_stopping.emplace();
  if (proto.has_patience()) spec.early_stopping->patience = proto.patience();
  if (proto.has_min_improvement()) {
    spec.early_stopping->min_improvement = proto.min_improvement();
  }
  return absl::OkStatus();
}

// The fields that one rule each is for.
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

// Slots and hedging where the policy has neither.
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

// After the policy is known.
absl::Status SetSlotsAndHedging(const v1::JobSpec& proto, JobSpec& spec) {
  if (MakePolicy(spec.policy) == nullptr) return CheckPolicyName("spec.policy", spec.policy);
  if (!BindsWhenFree(spec.policy)) return RefuseSlotsAndHedging(proto, spec);
  spec.slots = proto.slots();
  return SetHedging(proto, spec);
}

template <class Proto>
void SetAttempt(const events::Attempt& attempt, Proto& proto) {
  proto.set_attempt(attempt.attempt);
  proto.set_shard(attempt.shard);
  proto.set_node(attempt.node);
}

// One overload for each kind of event.
struct ToBody {
  v1::JobEvent& proto;

  void operator()(const events::StateChanged& event) const {
    auto& to = *proto.mutable_state_changed();
    to.set_state(static_cast<v1::JobState>(static_cast<int>(event.state) + 1));
    to.set_detail(event.detail);
    to.set_model_digest(event.model_digest);
  }
  void operator()(const events::Waiting& event) const {
    proto.mutable_waiting()->set_reason(event.reason);
  }
  void operator()(const events::NodeJoined& event) const {
    auto& to = *proto.mutable_node_joined();
    to.set_node(event.node);
    to.set_number(event.number);
    to.set_load_probability(event.load.probability);
    *to.mutable_load_delay() = wire::ToProto(event.load.delay);
    to.set_load_seed(event.load.seed);
    to.set_slots(event.slots);
  }
  void operator()(const events::NodeLeft& event) const {
    auto& to = *proto.mutable_node_left();
    to.set_node(event.node);
    to.set_reason(event.reason);
    to.set_number(event.number);
  }
  void operator()(const events::ResultsKept& event) const {
    auto& to = *proto.mutable_results_kept();
    to.set_node(event.node);
    to.set_number(event.number);
    to.mutable_shards()->Assign(event.shards.begin(), event.shards.end());
  }
  void operator()(const events::RoundStarted& event) const {
    auto& to = *proto.mutable_round_started();
    to.set_shards(event.shards);
    to.mutable_kept_shards()->Assign(event.kept_shards.begin(), event.kept_shards.end());
  }
  void operator()(const events::AttemptDispatched& event) const {
    auto& to = *proto.mutable_attempt_dispatched();
    SetAttempt(event, to);
    to.set_reason(event.reason);
    to.set_node_number(event.node_number);
    to.set_hedge_of(event.hedge_of);
    to.set_offer(event.offer);
  }
  void operator()(const events::AttemptAccepted& event) const {
    auto& to = *proto.mutable_attempt_accepted();
    SetAttempt(event, to);
    to.set_queued_behind(event.queued_behind);
  }
  void operator()(const events::AttemptRejected& event) const {
    auto& to = *proto.mutable_attempt_rejected();
    SetAttempt(event, to);
    to.set_reason(event.reason);
  }
  void operator()(const events::AttemptStarted& event) const {
    auto& to = *proto.mutable_attempt_started();
    SetAttempt(event, to);
    *to.mutable_queued_for() = wire::ToProto(event.queued_for);
    *to.mutable_held_up_for() = wire::ToProto(event.held_up_for);
  }
  void operator()(const events::AttemptFinished& event) const {
    auto& to = *proto.mutable_attempt_finished();
    SetAttempt(event, to);
    *to.mutable_total_time() = wire::ToProto(event.total_time);
    *to.mutable_compute_time() = wire::ToProto(event.compute_time);
    *to.mutable_load_time() = wire::ToProto(event.load_time);
    to.set_epochs_run(event.epochs_run);
    *to.mutable_training() = wire::ToProto(event.training, event.rows_source);
    to.set_superseded(event.superseded);
  }
  void operator()(const events::AttemptFailed& event) const {
    auto& to = *proto.mutable_attempt_failed();
    SetAttempt(event, to);
    to.set_reason(event.reason);
    to.set_kind(static_cast<v1::JobEvent::FailureKind>(static_cast<int>(event.kind) + 1));
  }
  void operator()(const events::AttemptCancelled& event) const {
    auto& to = *proto.mutable_attempt_cancelled();
    SetAttempt(event, to);
    to.set_reason(event.reason);
  }
  void operator()(const events::AttemptReleased& event) const {
    SetAttempt(event, *proto.mutable_attempt_released());
  }
  void operator()(const events::RoundGivenUp& event) const {
    auto& to = *proto.mutable_round_given_up();
    to.set_shard(event.shard);
    to.set_reason(event.reason);
  }
  void operator()(const events::SchedulingBegan& event) const {
    const SchedulerOptions& options = event.options;
    auto& to = *proto.mutable_scheduling_began();
    to.set_policy(options.policy);
    to.set_shards(options.shards);
    to.set_max_retries(options.max_retries);
    to.set_slots(options.slots);
    to.set_hedging(options.hedge_after.has_value());
    if (options.hedge_after) *to.mutable_hedge_after() = wire::ToProto(*options.hedge_after);
    to.set_seed(options.seed);
    *to.mutable_cool_down() = wire::ToProto(options.waits.cool_down);
    *to.mutable_back_off_base() = wire::ToProto(options.waits.back_off_base);
    *to.mutable_back_off_max() = wire::ToProto(options.waits.back_off_max);
    *to.mutable_answer() = wire::ToProto(options.waits.answer);
    *to.mutable_first_deadline() = wire::ToProto(options.waits.first_deadline);
    *to.mutable_least_deadline() = wire::ToProto(options.waits.least_deadline);
    to.set_attempts_before(options.attempts_before);
  }
  void operator()(const events::Resumed& event) const {
    auto& to = *proto.mutable_resumed();
    to.set_rounds_done(event.rounds_done);
    to.set_kept_shards(event.kept_shards);
  }
  void operator()(const events::RoundFinished& event) const {
    auto& to = *proto.mutable_round_finished();
    to.set_training_error(event.training_error);
    to.set_training_loss(event.training_loss);
    to.set_epochs_run(event.epochs_run);
    *to.mutable_duration() = wire::ToProto(event.duration);
  }
  void operator()(const events::RoundValidated& event) const {
    auto& to = *proto.mutable_round_validated();
    *to.mutable_validation() = wire::ToProto(event.validation, event.rows_source);
    *to.mutable_duration() = wire::ToProto(event.duration);
  }
};

// Only what the schedule uses, so that it can be sent as a new specification.
void SetSchedule(const Schedule& schedule, v1::JobSpec& proto) {
  constexpr v1::Schedule kKinds[] = {v1::SCHEDULE_CONSTANT, v1::SCHEDULE_STEP, v1::SCHEDULE_COSINE};
  proto.set_schedule(kKinds[static_cast<std::size_t>(schedule.kind)]);
  proto.set_warm_up_rounds(schedule.warm_up_rounds);
  if (schedule.kind != Schedule::Kind::kStep) return;
  proto.set_schedule_rounds(schedule.step_rounds);
  proto.set_schedule_factor(schedule.factor);
}

// Likewise.
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
  if (spec.solver != Solver::kDescent) *proto.mutable_batches() = wire::ToProto(spec.batches);
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

v1::JobStatistics ToProto(const JobStatistics& statistics) {
  v1::JobStatistics proto;
  proto.set_attempts(statistics.attempts);
  proto.set_rejections(statistics.rejections);
  proto.set_failures(statistics.failures);
  *proto.mutable_compute_time() = wire::ToProto(statistics.compute_time);
  *proto.mutable_held_up_time() = wire::ToProto(statistics.held_up_time);
  return proto;
}

template <class T>
absl::Status Set(absl::StatusOr<T> value, T& to) {
  if (value.ok()) to = *std::move(value);
  return value.status();
}

// A specification that has no defaults to fill in.
absl::Status SetCompleteSpec(const v1::JobSpec& proto, JobSpec& spec) {
  absl::Status status = SetFields(proto, spec);
  if (proto.hidden_layer_sizes().empty()) spec.hidden_layer_sizes.clear();
  spec.slots = proto.slots();
  spec.hedge_after.reset();
  if (proto.has_hedge_after()) {
    status.Update(
        Set(wire::FromProto(proto.hedge_after(), "spec.hedge_after"), spec.hedge_after.emplace()));
  }
  status.Update(CheckJobSpec(spec));
  return status;
}

absl::Status SetState(v1::JobState proto, JobState& state) {
  if (proto == v1::JOB_STATE_UNSPECIFIED || !v1::JobState_IsValid(proto)) {
    return FieldError("state", absl::StrCat("has no value ", static_cast<int>(proto),
                                            "; the values are those of mlp.v1.JobState"));
  }
  state = static_cast<JobState>(static_cast<int>(proto) - 1);
  return absl::OkStatus();
}

absl::Status SetCount(const char* field, std::int64_t proto, std::size_t& count) {
  if (proto < 0) return FieldError(field, absl::StrCat("must be 0 or more, not ", proto));
  count = static_cast<std::size_t>(proto);
  return absl::OkStatus();
}

absl::Status SetTimes(const v1::Job& proto, Job& job) {
  absl::Status status = Set(wire::FromProto(proto.create_time(), "create_time"), job.create_time);
  if (proto.has_start_time()) {
    status.Update(Set(wire::FromProto(proto.start_time(), "start_time"), job.start_time.emplace()));
  }
  if (proto.has_end_time()) {
    status.Update(Set(wire::FromProto(proto.end_time(), "end_time"), job.end_time.emplace()));
  }
  return status;
}

absl::Status SetStatistics(const v1::JobStatistics& proto, JobStatistics& statistics) {
  statistics.attempts = proto.attempts();
  statistics.rejections = proto.rejections();
  statistics.failures = proto.failures();
  absl::Status status = Set(wire::FromProto(proto.compute_time(), "statistics.compute_time"),
                            statistics.compute_time);
  status.Update(Set(wire::FromProto(proto.held_up_time(), "statistics.held_up_time"),
                    statistics.held_up_time));
  return status;
}

}  // namespace

absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& proto, const std::string& default_policy) {
  JobSpec spec;
  spec.policy = default_policy;
  if (proto.solver() == v1::SOLVER_SGD || proto.solver() == v1::SOLVER_ADAM) SetBatchDefaults(spec);
  absl::Status status = ApplyPreset(proto.preset(), spec);
  status.Update(SetFields(proto, spec));
  status.Update(SetSlotsAndHedging(proto, spec));
  if (!status.ok()) return status;
  return spec;
}

absl::StatusOr<Job> FromProto(const v1::Job& proto) {
  Job job;
  job.id = proto.id();
  job.detail = proto.detail();
  job.rounds_done = proto.rounds_done();
  job.nodes_up = proto.nodes_up();
  job.model_digest = proto.model_digest();
  job.dataset_digest = proto.dataset_digest();
  absl::Status status = SetCompleteSpec(proto.spec(), job.spec);
  status.Update(SetState(proto.state(), job.state));
  status.Update(Set(wire::FromProto(proto.model(), "model"), job.model));
  status.Update(SetCount("shards", proto.shards(), job.shards));
  status.Update(SetCount("training_rows", proto.training_rows(), job.training_rows));
  status.Update(SetTimes(proto, job));
  status.Update(SetStatistics(proto.statistics(), job.statistics));
  if (proto.has_validation()) {
    status.Update(Set(wire::FromProto(proto.validation(), "validation"), job.validation.emplace()));
    job.validation_file = proto.validation().rows_source();
  }
  if (proto.has_best_validation()) {
    status.Update(
        Set(wire::FromProto(proto.best_validation(), "best_validation"), job.scores.best));
    job.scores.best_round = proto.best_round();
  }
  job.scores.improved_round = proto.improved_round();
  job.scores.exhausted_round = proto.exhausted_round();
  if (!status.ok()) return status;
  return job;
}

v1::Job ToProto(const Job& job) {
  v1::Job proto;
  proto.set_id(job.id);
  *proto.mutable_spec() = ToProto(job.spec);
  *proto.mutable_model() = wire::ToProto(job.model);
  proto.set_state(static_cast<v1::JobState>(static_cast<int>(job.state) + 1));
  proto.set_detail(job.detail);
  *proto.mutable_create_time() = wire::ToProto(job.create_time);
  if (job.start_time) *proto.mutable_start_time() = wire::ToProto(*job.start_time);
  if (job.end_time) *proto.mutable_end_time() = wire::ToProto(*job.end_time);
  proto.set_rounds_done(job.rounds_done);
  proto.set_nodes_up(job.nodes_up);
  proto.set_shards(static_cast<std::int32_t>(job.shards));
  proto.set_training_rows(static_cast<std::int64_t>(job.training_rows));
  if (job.validation) {
    *proto.mutable_validation() = wire::ToProto(*job.validation, job.validation_file);
  }
  if (job.scores.best_round > 0) {
    proto.set_best_round(job.scores.best_round);
    *proto.mutable_best_validation() = wire::ToProto(job.scores.best, job.validation_file);
  }
  proto.set_improved_round(job.spec.early_stopping ? job.scores.improved_round : 0);
  proto.set_exhausted_round(job.scores.exhausted_round);
  *proto.mutable_statistics() = ToProto(job.statistics);
  proto.set_model_digest(job.model_digest);
  proto.set_dataset_digest(job.dataset_digest);
  return proto;
}

v1::JobEvent ToProto(const JobEvent& event) {
  v1::JobEvent proto;
  proto.set_sequence(event.sequence);
  *proto.mutable_time() = wire::ToProto(event.time);
  proto.set_round(event.round);
  std::visit(ToBody{proto}, event.body);
  return proto;
}

v1::ExplainJobResponse ToProto(const Explanation& explanation) {
  v1::ExplainJobResponse proto;
  proto.set_waiting_for(explanation.waiting_for);
  if (explanation.since) *proto.mutable_since() = wire::ToProto(*explanation.since);
  proto.set_next(explanation.next);
  if (explanation.next_at) *proto.mutable_next_time() = wire::ToProto(*explanation.next_at);
  *proto.mutable_time() = wire::ToProto(explanation.time);
  return proto;
}

}  // namespace mlp::coordinator
