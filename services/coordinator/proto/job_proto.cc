#include "services/coordinator/proto/job_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"
#include "services/wire/model_proto.h"
#include "services/wire/time_proto.h"

namespace mlp::coordinator {
namespace {

template <class What, class Proto>
void SetAttempt(const events::OfAttempt<What>& attempt, Proto& proto) {
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
    to.set_node(event.name);
    to.set_number(event.node);
    to.set_load_probability(event.load.probability);
    *to.mutable_load_delay() = wire::ToProto(event.load.delay);
    to.set_load_seed(event.load.seed);
    to.set_slots(event.slots);
    to.set_instance_id(event.instance);
  }
  void operator()(const events::NodeLeft& event) const {
    auto& to = *proto.mutable_node_left();
    to.set_node(event.name);
    to.set_reason(event.reason);
    to.set_number(event.node);
  }
  void operator()(const events::ResultsCached& event) const {
    auto& to = *proto.mutable_results_kept();
    to.set_node(event.name);
    to.set_number(event.node);
    to.mutable_shards()->Assign(event.shards.begin(), event.shards.end());
  }
  void operator()(const events::RoundStarted& event) const {
    auto& to = *proto.mutable_round_started();
    to.set_shards(event.shards);
    to.mutable_kept_shards()->Assign(event.restored_shards.begin(), event.restored_shards.end());
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
    to.set_kept_shards(event.restored_shards);
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

absl::StatusOr<Job> FromProto(const v1::Job& proto) {
  Job job;
  job.id = proto.id();
  job.detail = proto.detail();
  job.rounds_done = proto.rounds_done();
  job.nodes_up = proto.nodes_up();
  job.model_digest = proto.model_digest();
  job.dataset_digest = proto.dataset_digest();
  absl::Status status = Set(CompleteFromProto(proto.spec()), job.spec);
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
