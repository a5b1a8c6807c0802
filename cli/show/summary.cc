#include "cli/show/summary.h"

#include <google/protobuf/util/time_util.h>

#include <cctype>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/client/output.h"
#include "cli/options/enum_words.h"

namespace mlp::cli {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::nanoseconds;

std::string Line(const char* name, const std::string& value) {
  return absl::StrFormat("  %-16s %s\n", name, value);
}

// The time from submission to the summary, or else to the job's end; nothing while it runs.
std::optional<nanoseconds> TimeTaken(const v1::Job& job, const Followed& followed) {
  if (followed.since_submission || !job.has_end_time()) return followed.since_submission;
  return nanoseconds(TimeUtil::DurationToNanoseconds(job.end_time() - job.create_time()));
}

std::string Heading(const v1::Job& job, const Followed& followed) {
  std::string text = absl::StrCat(job.id(), " ", StateName(job.state()));
  const auto taken = TimeTaken(job, followed);
  if (!taken) return text + "\n";
  return absl::StrCat(text, " in ", DurationText(*taken), ", from submission to ",
                      followed.since_submission ? "this summary" : "its end", "\n");
}

std::string TrainingErrorText(const v1::Job& job, const v1::JobEvent::RoundFinished& round) {
  return absl::StrFormat(
      "%s (of all %d training rows, under the nodes' own parameters at the end of round %d, before "
      "averaging)",
      ShareText(round.training_error()), job.training_rows(), job.rounds_done());
}

// The share is of all the time that the nodes had. Nodes that share a processor wait for each other
// within their arithmetic, so it is wall time, not processor time.
std::string ArithmeticText(const v1::Job& job, const Followed& followed) {
  const nanoseconds computed(TimeUtil::DurationToNanoseconds(job.statistics().compute_time()));
  std::string text = absl::StrCat(DurationText(computed), " over all nodes");
  const auto taken = TimeTaken(job, followed);
  if (!taken || *taken <= nanoseconds(0) || followed.nodes_that_trained == 0) return text;
  const std::chrono::duration<double> had = *taken * followed.nodes_that_trained;
  const std::string nodes = followed.nodes_that_trained == 1
                                ? "1 node"
                                : absl::StrCat(followed.nodes_that_trained, " nodes");
  return absl::StrFormat("%s, %.1f %% of the time that %s had (%d x %s)", text,
                         100 * (computed / had), nodes, followed.nodes_that_trained,
                         DurationText(*taken));
}

std::string AttemptsText(const v1::JobStatistics& statistics) {
  const nanoseconds held_up(TimeUtil::DurationToNanoseconds(statistics.held_up_time()));
  return absl::StrFormat("%d (%d rejected, %d failed), held up %s by injected load",
                         statistics.attempts(), statistics.rejections(), statistics.failures(),
                         DurationText(held_up));
}

std::string LayersText(const v1::Job& job) {
  return absl::StrFormat("%s, %s, %s", absl::StrJoin(job.model().layer_sizes(), "-"),
                         Word(job.spec().activation()), Word(job.spec().precision()));
}

// Whether the job's model is the best round's rather than the last one's.
bool HasBestModel(const v1::Job& job) {
  return job.spec().early_stopping() && job.has_best_validation();
}

bool IsRegression(const v1::Evaluation& evaluation) { return evaluation.total_squares() > 0; }

std::string RoundsText(const v1::Job& job) {
  std::string text = absl::StrCat(job.rounds_done(), " of ", job.spec().rounds());
  if (job.exhausted_round() > 0) {
    absl::StrAppend(&text, ", stopped early: no rise in ", job.spec().patience(),
                    " rounds up to round ", job.exhausted_round());
  }
  return text;
}

// The settings of training in batches. Those that may be off are named only if they are on.
std::string BatchesText(const v1::JobSpec& spec) {
  const v1::BatchTraining& batches = spec.batches();
  std::string text = absl::StrCat(Word(spec.solver()), ", batches of ", batches.batch_size(),
                                  ", alpha ", batches.alpha());
  if (batches.dropout() > 0) absl::StrAppend(&text, ", dropout ", batches.dropout());
  if (batches.clip_norm() > 0) absl::StrAppend(&text, ", clip norm ", batches.clip_norm());
  if (batches.label_smoothing() > 0) {
    absl::StrAppend(&text, ", label smoothing ", batches.label_smoothing());
  }
  if (spec.class_weight() == v1::CLASS_WEIGHT_BALANCED) absl::StrAppend(&text, ", balanced");
  return text;
}

std::string LearningRateText(const v1::JobSpec& spec) {
  std::string text = absl::StrCat(spec.learning_rate());
  if (spec.schedule() == v1::SCHEDULE_STEP || spec.schedule() == v1::SCHEDULE_COSINE) {
    absl::StrAppend(&text, ", ", Word(spec.schedule()));
  }
  if (spec.warm_up_rounds() > 0) {
    absl::StrAppend(&text, " after a warm-up of ", spec.warm_up_rounds(), " rounds");
  }
  return text;
}

}  // namespace

const v1::Evaluation* ModelValidation(const v1::Job& job) {
  if (HasBestModel(job)) return &job.best_validation();
  return job.has_validation() ? &job.validation() : nullptr;
}

double Score(const v1::Evaluation& evaluation) {
  if (!IsRegression(evaluation)) return 1 - evaluation.error();
  return 1 - 2 * evaluation.loss() / evaluation.total_squares();
}

std::string ScoreText(const v1::Evaluation& evaluation) {
  if (!IsRegression(evaluation)) return absl::StrCat("error ", ShareText(evaluation.error()));
  return absl::StrFormat("R^2 %.4f", Score(evaluation));
}

std::string EvaluationText(const v1::Evaluation& evaluation) {
  if (IsRegression(evaluation)) {
    const double root_mean_square =
        std::sqrt(2 * evaluation.loss() / static_cast<double>(evaluation.rows()));
    return absl::StrFormat("%.4g (root mean square over %d rows of %s), R^2 %.4f", root_mean_square,
                           evaluation.rows(), evaluation.rows_source(), Score(evaluation));
  }
  return absl::StrFormat("%s (%d of %d rows of %s wrong), accuracy %s",
                         ShareText(evaluation.error()), evaluation.wrong_rows(), evaluation.rows(),
                         evaluation.rows_source(), ShareText(1 - evaluation.error()));
}

std::string Summary(const v1::Job& job, const Followed& followed) {
  std::string text = Heading(job, followed);
  if (!job.detail().empty()) text += Line("why", job.detail());
  text += Line("rounds", RoundsText(job));
  if (const v1::Evaluation* validation = ModelValidation(job)) {
    text += Line("validation error", EvaluationText(*validation));
  }
  if (HasBestModel(job)) {
    text += Line("best round", absl::StrCat(job.best_round(), ", whose model and error these are"));
  }
  const bool classes = job.model().output() != v1::OUTPUT_IDENTITY;
  if (followed.last_round && classes) {
    text += Line("training error", TrainingErrorText(job, *followed.last_round));
  }
  text += Line("arithmetic", ArithmeticText(job, followed));
  text += Line("attempts", AttemptsText(job.statistics()));
  if (!job.model_digest().empty()) text += Line("model digest", job.model_digest());
  return text;
}

std::string Description(const v1::Job& job) {
  const v1::JobSpec& spec = job.spec();
  std::string text = Summary(job);
  text += Line("dataset", absl::StrFormat("%s (%d shards, %d training rows)", spec.dataset(),
                                          job.shards(), job.training_rows()));
  text += Line("layers", LayersText(job));
  text += Line("epochs", absl::StrCat(spec.epochs(), " per shard and round"));
  if (spec.has_batches()) text += Line("solver", BatchesText(spec));
  text += Line("learning rate", LearningRateText(spec));
  text += Line("tolerance", absl::StrCat(spec.tolerance()));
  const std::string start = spec.initial_model().empty() ? Word(spec.initialization())
                                                         : "model of " + spec.initial_model();
  text += Line("initialization", absl::StrCat(start, ", seed ", spec.seed()));
  text += Line("policy", absl::StrCat(Word(spec.policy()), ", at most ", spec.max_retries(),
                                      " retries per shard and round"));
  text +=
      Line("submitted",
           absl::StrCat(TimeText(job.has_create_time() ? &job.create_time() : nullptr), " UTC"));
  return text;
}

std::string StateName(v1::JobState state) {
  std::string name = Word(state);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace mlp::cli
