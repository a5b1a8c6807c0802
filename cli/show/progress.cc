#include "cli/show/progress.h"

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "cli/client/output.h"
#include "cli/show/summary.h"

namespace mlp::cli {
namespace {

std::chrono::nanoseconds SinceEpoch(const google::protobuf::Timestamp& time) {
  using google::protobuf::util::TimeUtil;
  return std::chrono::nanoseconds(TimeUtil::TimestampToNanoseconds(time));
}

}  // namespace

Progress::Progress(const v1::Job& job, bool live)
    : live_(live),
      rounds_(job.spec().rounds()),
      submitted_(SinceEpoch(job.create_time())),
      shards_(job.shards()),
      now_(submitted_) {}

std::optional<std::string> Progress::Apply(const v1::JobEvent& event) {
  now_ = SinceEpoch(event.time());
  switch (event.event_case()) {
    case v1::JobEvent::kStateChanged:
      return QueueLine(event.state_changed());
    case v1::JobEvent::kWaiting:
      return WaitingLine(event.waiting());
    case v1::JobEvent::kNodeJoined:
      // Nodes that are there when the job begins are no news.
      if (round_ == 0) return std::nullopt;
      return absl::StrCat("node ", event.node_joined().node(), " joined");
    case v1::JobEvent::kNodeLeft:
      return absl::StrCat("node ", event.node_left().node(),
                          " gets nothing new: ", event.node_left().reason());
    case v1::JobEvent::kResumed:
      return absl::StrCat("the coordinator was restarted: goes on after round ",
                          event.resumed().rounds_done(), " with ", event.resumed().kept_shards(),
                          " shards of the next");
    case v1::JobEvent::kResultsKept:
      return absl::StrCat("node ", event.results_kept().node(),
                          " has kept what it computed of round ", event.round(),
                          ", shards: ", event.results_kept().shards_size());
    case v1::JobEvent::kRoundStarted:
      StartRound(event);
      return std::nullopt;
    case v1::JobEvent::kAttemptFinished:
      FinishAttempt(event);
      return std::nullopt;
    case v1::JobEvent::kAttemptFailed:
      return absl::StrCat("round ", event.round(), ": shard ", event.attempt_failed().shard(),
                          " failed on node ", event.attempt_failed().node(), ": ",
                          event.attempt_failed().reason());
    case v1::JobEvent::kRoundFinished:
      FinishRound(event);
      return std::nullopt;
    case v1::JobEvent::kRoundValidated:
      validation_ = event.round_validated().validation();
      if (live_) return std::nullopt;
      return RoundLine(event.round(), *validation_);
    default:
      return std::nullopt;
  }
}

std::string Progress::Status() const {
  if (round_ == 0) {
    return absl::StrCat(queued_.empty() ? "waiting to start" : queued_, Clock());
  }
  std::string status =
      absl::StrCat("round ", round_, "/", rounds_, "  shards ", shards_done_.size(), "/", shards_);
  absl::StrAppend(&status, Clock());
  if (validation_) absl::StrAppend(&status, "  validation ", ScoreText(*validation_));
  if (last_round_) {
    absl::StrAppend(&status, "  training error ", ShareText(last_round_->training_error()));
  }
  return status;
}

std::optional<std::string> Progress::QueueLine(const v1::JobEvent::StateChanged& change) {
  queued_ = change.state() == v1::JOB_STATE_PENDING ? change.detail() : "";
  if (queued_.empty() || live_) return std::nullopt;
  return queued_;
}

std::string Progress::WaitingLine(const v1::JobEvent::Waiting& waiting) const {
  if (waiting.reason().empty()) return "goes on";
  return absl::StrCat("waiting: ", waiting.reason());
}

std::string Progress::RoundLine(int round, const v1::Evaluation& validation) const {
  std::string line = absl::StrCat("round ", round, "/", rounds_);
  const auto training_error = training_errors_.find(round);
  if (training_error != training_errors_.end() && validation.total_squares() == 0) {
    absl::StrAppend(&line, "  training error ", ShareText(training_error->second));
  }
  return absl::StrCat(line, "  validation ", ScoreText(validation), Clock());
}

void Progress::StartRound(const v1::JobEvent& event) {
  round_ = event.round();
  shards_ = event.round_started().shards();
  const auto& kept = event.round_started().kept_shards();
  shards_done_ = std::set<int>(kept.begin(), kept.end());
  if (first_round_ != 0) return;
  first_round_ = round_;
  first_round_time_ = now_;
}

// Results that came second, maybe in a later round, do not count: the coordinator does not use
// them.
void Progress::FinishAttempt(const v1::JobEvent& event) {
  const v1::JobEvent::AttemptFinished& finished = event.attempt_finished();
  nodes_.insert(finished.node());
  if (event.round() == round_ && !finished.superseded()) shards_done_.insert(finished.shard());
}

void Progress::FinishRound(const v1::JobEvent& event) {
  finished_round_ = event.round();
  finished_round_time_ = now_;
  last_round_ = event.round_finished();
  training_errors_[event.round()] = event.round_finished().training_error();
}

std::string Progress::Clock() const {
  std::string clock = absl::StrCat("  elapsed ", DurationText(now_ - submitted_));
  const std::optional<Time> left = TimeLeft();
  if (left) absl::StrAppend(&clock, "  left ", DurationText(*left));
  return clock;
}

// Rounds take about the same time, so the average of the finished ones counts for those to come.
std::optional<Progress::Time> Progress::TimeLeft() const {
  if (first_round_ == 0 || finished_round_ < first_round_) return std::nullopt;
  const int finished = finished_round_ - first_round_ + 1;
  return (finished_round_time_ - first_round_time_) / finished * (rounds_ - finished_round_);
}

}  // namespace mlp::cli
