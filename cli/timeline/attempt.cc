#include "cli/timeline/attempt.h"

#include <algorithm>

namespace mlp::cli::timeline {
namespace {

// Phases end to end: each begins where the last one ended, and none goes beyond `limit`.
class Chain {
 public:
  Chain(Time begin, Time limit) : at_(begin), limit_(std::max(begin, limit)) {}

  void Until(Time end, Kind kind) {
    end = std::clamp(end, at_, limit_);
    if (end == at_) return;
    if (!phases_.empty() && phases_.back().kind == kind) {
      phases_.back().end = end;
    } else {
      phases_.push_back({kind, at_, end});
    }
    at_ = end;
  }

  void SetLimit(Time limit) { limit_ = std::max(at_, limit); }
  std::vector<Phase> Take() { return std::move(phases_); }

 private:
  std::vector<Phase> phases_;
  Time at_;
  Time limit_;
};

// The time when the arithmetic, or the reading before it, began.
Time BeginOfWork(const Attempt& attempt) {
  if (!attempt.has_result()) return *attempt.started;
  const Time latest = attempt.end - attempt.compute_time - attempt.load_time;
  return attempt.started ? std::min(*attempt.started, latest) : latest;
}

void LayStarted(const Attempt& attempt, bool holds_up_first, Chain& chain) {
  const Time begin = BeginOfWork(attempt);
  chain.Until(begin - attempt.queued_for - attempt.held_up_for, Kind::kSending);
  if (holds_up_first) {
    chain.Until(begin - attempt.queued_for, Kind::kHeldUp);
    chain.Until(begin, Kind::kQueued);
  } else {
    chain.Until(begin - attempt.held_up_for, Kind::kQueued);
    chain.Until(begin, Kind::kHeldUp);
  }
  if (attempt.has_result()) {
    chain.Until(begin + attempt.load_time, Kind::kLoading);
    chain.Until(begin + attempt.load_time + attempt.compute_time, Kind::kComputing);
    chain.Until(attempt.end, Kind::kReturning);
  } else {
    chain.Until(attempt.end, Kind::kComputing);
  }
}

void LayUnstarted(const Attempt& attempt, const BeforeStart& before, Chain& chain) {
  if (attempt.accepted) {
    chain.Until(*attempt.accepted, Kind::kSending);
    chain.Until(before.queued_until, Kind::kQueued);
    chain.Until(before.held_until, Kind::kHeldUp);
    chain.Until(attempt.end, Kind::kWaiting);
  } else {
    chain.Until(attempt.end, Kind::kSending);
  }
}

}  // namespace

Time TimeIn(const Attempt& attempt, Kind kind) {
  Time sum{};
  for (const Phase& phase : attempt.phases) {
    if (phase.kind == kind) sum += phase.end - phase.begin;
  }
  return sum;
}

std::vector<Phase> PhasesOf(const Attempt& attempt, const BeforeStart& before_start) {
  Chain chain(attempt.dispatched, attempt.end);
  if (attempt.outcome == Outcome::kRejected) {
    chain.Until(attempt.end, Kind::kRejected);
    return chain.Take();
  }
  // The time after a cancellation is kCancelled, unless the attempt has a result all the same.
  const bool in_vain = attempt.cancelled_at && !attempt.has_result();
  if (in_vain) chain.SetLimit(std::min(*attempt.cancelled_at, attempt.end));
  if (attempt.started || attempt.has_result()) {
    LayStarted(attempt, before_start.holds_up_first, chain);
  } else {
    LayUnstarted(attempt, before_start, chain);
  }
  if (in_vain) {
    chain.SetLimit(attempt.end);
    chain.Until(attempt.end, Kind::kCancelled);
  }
  return chain.Take();
}

}  // namespace mlp::cli::timeline
