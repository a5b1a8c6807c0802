#include "services/coordinator/job/job.h"

namespace mlp::coordinator {
namespace {

// One overload for each kind of event that changes a job; the others leave it as it is.
struct Fold {
  Job& job;
  const JobEvent& event;

  void operator()(const events::StateChanged& change) const {
    job.state = change.state;
    job.detail = change.detail;
    job.model_digest = change.model_digest;
    if (change.state == JobState::kRunning) job.start_time = event.time;
    if (!IsFinal(change.state)) return;
    job.end_time = event.time;
    job.nodes_up = 0;
  }
  void operator()(const events::Waiting& waiting) const { job.detail = waiting.reason; }
  void operator()(const events::AttemptDispatched&) const { ++job.statistics.attempts; }
  void operator()(const events::AttemptRejected&) const { ++job.statistics.rejections; }
  void operator()(const events::AttemptStarted& started) const {
    job.statistics.held_up_time += started.held_up_for;
  }
  void operator()(const events::AttemptFinished& finished) const {
    job.statistics.compute_time += finished.compute_time;
  }
  void operator()(const events::AttemptFailed&) const { ++job.statistics.failures; }
  void operator()(const events::RoundFinished&) const { job.rounds_done = event.round; }
  void operator()(const events::RoundValidated& validated) const {
    job.validated_round = event.round;
    job.validation = validated.validation;
    job.validation_file = validated.rows_source;
    Note(job.scores, job.spec, job.model, event.round, validated.validation);
  }
  void operator()(const events::SchedulingBegan&) const { job.nodes_up = 0; }
  void operator()(const events::NodeJoined&) const { ++job.nodes_up; }
  void operator()(const events::NodeLeft&) const { --job.nodes_up; }
  void operator()(const events::RoundStarted&) const {}
  void operator()(const events::AttemptAccepted&) const {}
  void operator()(const events::AttemptCancelled&) const {}
  void operator()(const events::AttemptReleased&) const {}
  void operator()(const events::RoundGivenUp&) const {}
  void operator()(const events::Resumed&) const {}
  void operator()(const events::ResultsCached&) const {}
};

double Score(const ModelSpec& model, const Evaluation& evaluation) {
  if (!model.regression()) return 1 - evaluation.error();
  // R^2 is undefined if all targets are the same.
  if (evaluation.total_squares == 0) return -evaluation.loss;
  return evaluation.r_squared();
}

}  // namespace

void Note(Scores& scores, const JobSpec& spec, const ModelSpec& model, int round,
          const Evaluation& validation) {
  const bool first = scores.best_round == 0;
  const double rise = first ? 0 : Score(model, validation) - Score(model, scores.best);
  const double enough = spec.early_stopping ? spec.early_stopping->min_improvement : 0;
  if (first || rise > enough) scores.improved_round = round;
  if (first || rise > 0) {
    scores.best_round = round;
    scores.best = validation;
  }
  const bool used_up =
      spec.early_stopping && round - scores.improved_round >= spec.early_stopping->patience;
  if (used_up && scores.exhausted_round == 0) scores.exhausted_round = round;
}

const char* JobStateName(JobState state) {
  switch (state) {
    case JobState::kPending:
      return "PENDING";
    case JobState::kRunning:
      return "RUNNING";
    case JobState::kSucceeded:
      return "SUCCEEDED";
    case JobState::kFailed:
      return "FAILED";
    case JobState::kCancelled:
      return "CANCELLED";
  }
  return "UNKNOWN";
}

void Apply(Job& job, const JobEvent& event) { std::visit(Fold{job, event}, event.body); }

}  // namespace mlp::coordinator
