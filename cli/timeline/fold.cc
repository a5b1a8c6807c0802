#include "cli/timeline/fold.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

namespace mlp::cli::timeline {
namespace {

using google::protobuf::util::TimeUtil;

constexpr Time kForever = Time::max();

Time FromProto(const google::protobuf::Duration& duration) {
  return Time(TimeUtil::DurationToNanoseconds(duration));
}

Time FromProto(const google::protobuf::Timestamp& time) {
  return Time(TimeUtil::TimestampToNanoseconds(time));
}

}  // namespace

void Fold::Apply(const v1::JobEvent& event) {
  now_ = std::max(now_, FromProto(event.time()));
  round_ = event.round();
  switch (event.event_case()) {
    case v1::JobEvent::kStateChanged:
      facts_.state = event.state_changed().state();
      facts_.detail = event.state_changed().detail();
      break;
    case v1::JobEvent::kSchedulingBegan:
      facts_.policy = event.scheduling_began().policy();
      facts_.slots = event.scheduling_began().slots();
      facts_.hedging = event.scheduling_began().hedging();
      break;
    case v1::JobEvent::kNodeJoined:
      Joined(event.node_joined());
      break;
    case v1::JobEvent::kNodeLeft:
      Left(event.node_left());
      break;
    case v1::JobEvent::kResumed:
      Resumed();
      break;
    case v1::JobEvent::kRoundStarted:
    case v1::JobEvent::kRoundFinished:
    case v1::JobEvent::kRoundValidated:
      ApplyToRound(event);
      break;
    default:
      ApplyToAttempt(event);
  }
}

void Fold::ApplyToAttempt(const v1::JobEvent& event) {
  switch (event.event_case()) {
    case v1::JobEvent::kAttemptDispatched:
      Dispatched(event.round(), event.attempt_dispatched());
      break;
    case v1::JobEvent::kAttemptAccepted:
      AttemptOf(event.attempt_accepted()).accepted = now_;
      break;
    case v1::JobEvent::kAttemptRejected:
      End(AttemptOf(event.attempt_rejected()), Outcome::kRejected,
          event.attempt_rejected().reason());
      break;
    case v1::JobEvent::kAttemptStarted:
      Started(event.attempt_started());
      break;
    case v1::JobEvent::kAttemptFinished:
      Finished(event.attempt_finished());
      break;
    case v1::JobEvent::kAttemptFailed:
      End(AttemptOf(event.attempt_failed()), Outcome::kFailed, event.attempt_failed().reason());
      break;
    case v1::JobEvent::kAttemptCancelled: {
      Attempt& attempt = AttemptOf(event.attempt_cancelled());
      attempt.cancelled_at = now_;
      attempt.cancel_reason = event.attempt_cancelled().reason();
      break;
    }
    case v1::JobEvent::kAttemptReleased:
      End(AttemptOf(event.attempt_released()), Outcome::kReleased, "");
      break;
    default:  // says nothing about time
      break;
  }
}

void Fold::ApplyToRound(const v1::JobEvent& event) {
  Round& round = RoundOf(event.round());
  switch (event.event_case()) {
    case v1::JobEvent::kRoundStarted:
      // A round that goes on after a restart of the coordinator began before.
      if (round.shards == 0) round.begin = now_;
      round.shards = event.round_started().shards();
      break;
    case v1::JobEvent::kRoundFinished:
      round.end = now_;
      round.finished = true;
      round.training_error = event.round_finished().training_error();
      break;
    default:
      round.validated = now_;
      round.validation_error = event.round_validated().validation().error();
  }
}

void Fold::Dispatched(int round, const v1::JobEvent::AttemptDispatched& event) {
  Attempt& attempt = AttemptOf(event);
  attempt.round = round;
  attempt.reason = event.reason();
  attempt.hedge_of = event.hedge_of();
  attempt.offer = event.offer();
  nodes_[event.node()].number = event.node_number();
}

void Fold::Started(const v1::JobEvent::AttemptStarted& event) {
  Attempt& attempt = AttemptOf(event);
  attempt.started = now_;
  attempt.queued_for = FromProto(event.queued_for());
  attempt.held_up_for = FromProto(event.held_up_for());
}

void Fold::Finished(const v1::JobEvent::AttemptFinished& event) {
  Attempt& attempt = AttemptOf(event);
  attempt.compute_time = FromProto(event.compute_time());
  attempt.load_time = FromProto(event.load_time());
  attempt.epochs_run = event.epochs_run();
  End(attempt, event.superseded() ? Outcome::kSuperseded : Outcome::kFinished, "");
}

void Fold::Joined(const v1::JobEvent::NodeJoined& event) {
  NodeFacts& node = nodes_[event.node()];
  node.number = event.number();
  node.load_probability = event.load_probability();
  node.load_delay = FromProto(event.load_delay());
  if (node.present.empty() || node.present.back().until != kForever) {
    node.present.push_back({now_, kForever});
  }
}

void Fold::Left(const v1::JobEvent::NodeLeft& event) {
  NodeFacts& node = nodes_[event.node()];
  if (node.present.empty()) node.present.push_back({Time{}, kForever});
  node.present.back().until = std::min(node.present.back().until, now_);
}

// Ends the open attempts, since nobody heard how they ended. Later events name the nodes anew.
void Fold::Resumed() {
  for (auto& [id, attempt] : attempts_) {
    if (attempt.outcome != Outcome::kOpen) continue;
    End(attempt, Outcome::kFailed, "the coordinator was restarted");
  }
  for (auto& [name, node] : nodes_) {
    if (!node.present.empty())
      node.present.back().until = std::min(node.present.back().until, now_);
  }
}

template <class Event>
Attempt& Fold::AttemptOf(const Event& event) {
  const auto [at, is_new] = attempts_.try_emplace(event.attempt());
  Attempt& attempt = at->second;
  if (!is_new) return attempt;
  attempt.id = event.attempt();
  attempt.round = round_;
  attempt.shard = event.shard();
  attempt.node = event.node();
  attempt.dispatched = now_;
  nodes_.try_emplace(event.node());
  if (!std::exchange(began_, true)) facts_.begin = now_;
  return attempt;
}

void Fold::End(Attempt& attempt, Outcome outcome, const std::string& reason) {
  attempt.outcome = outcome;
  attempt.end_reason = reason;
  attempt.end = now_;
}

Round& Fold::RoundOf(int number) {
  const auto [at, is_new] = rounds_.try_emplace(number);
  if (!is_new) return at->second;
  at->second.number = number;
  at->second.begin = now_;
  if (!std::exchange(began_, true)) facts_.begin = now_;
  return at->second;
}

Timeline Fold::TakeFacts() {
  facts_.end = now_;
  if (!began_) facts_.begin = now_;
  for (auto& [id, attempt] : attempts_) {
    if (attempt.outcome == Outcome::kOpen) attempt.end = now_;
    facts_.attempts.push_back(std::move(attempt));
  }
  for (auto& [number, round] : rounds_) {
    if (!round.finished) round.end = now_;
    facts_.rounds.push_back(round);
  }
  return std::move(facts_);
}

std::vector<NodeFacts> Fold::Nodes() const {
  std::vector<NodeFacts> nodes;
  for (const auto& [name, facts] : nodes_) {
    nodes.push_back(facts);
    nodes.back().name = name;
  }
  std::stable_sort(nodes.begin(), nodes.end(),
                   [](const NodeFacts& a, const NodeFacts& b) { return a.number < b.number; });
  return nodes;
}

}  // namespace mlp::cli::timeline
