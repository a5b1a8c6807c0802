// The deadlines of silent attempts. They derive from earlier silences, so no user has to set them.
//
// Silence is the time since the last sign of life. If the attempt was started, that is its start;
// if it waits, the last that was heard from its node. A silence may last ten times as long as the
// longest one that ended well, and a floor at least; before any was seen, a generous first limit.
// Each expiry doubles the limit, until a shard is trained, so that work that is merely slow gets
// through in the end. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "services/coordinator/scheduler/agenda.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

class Deadlines {
 public:
  using Duration = std::chrono::nanoseconds;

  Deadlines(Duration first, Duration floor) : first_(first), floor_(floor) {}

  Duration limit() const {
    const Duration once =
        longest_ ? std::max(floor_, 10 * std::min(*longest_, kMaxLimit / 10)) : first_;
    return factor_ * std::min(once, kMaxLimit / factor_);
  }

  // Notes that a silence that began at `since` ended well.
  void Ended(TimePoint since, TimePoint now) {
    longest_ = std::max(longest_.value_or(Duration::zero()), now - since);
  }
  void Trained() { factor_ = 1; }
  void Expired() { factor_ = std::min(2 * factor_, kMaxDoubled); }

  // Plans to look at the attempt at `when`.
  void Watch(AttemptId attempt, TimePoint when) { watched_.Set(attempt, when); }
  void Forget(AttemptId attempt) { watched_.Remove(attempt); }
  std::optional<TimePoint> Next() const { return watched_.First(); }
  // Returns the time at which to look at the attempt.
  std::optional<TimePoint> Look(AttemptId attempt) const { return watched_.Find(attempt); }
  // Takes out the first attempt to look at by `now`.
  std::optional<AttemptId> Take(TimePoint now) { return watched_.Take(now); }

 private:
  static constexpr int kMaxDoubled = 1024;
  // The largest limit, so that no product overflows, nor a time so far ahead.
  static constexpr Duration kMaxLimit = std::chrono::hours(24 * 366);

  Duration first_;
  Duration floor_;
  std::optional<Duration> longest_;  // nullopt: none has ended well
  int factor_ = 1;
  Agenda<AttemptId> watched_;
};

}  // namespace mlp::coordinator
