// One attempt to train one shard on one node: what the events say of it, and what it spent its time
// on. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlp::cli::timeline {

using Time = std::chrono::nanoseconds;  // since 1970, by the coordinator's clock; or a duration

// The kind of work or wait that a stretch of time was spent on.
enum class Kind : std::uint8_t {
  kSending,    // the offer and the parameters are on their way, or the answer is
  kQueued,     // behind other tasks of the node
  kHeldUp,     // by injected load
  kWaiting,    // queued or held up: it never started, so the node did not say
  kLoading,    // the node reads the shard
  kComputing,  // arithmetic
  kReturning,  // the gradient is on its way, or is checked
  kCancelled,  // cancelled, and not ended yet
  kRejected,   // offered, until the node's refusal arrived
  kIdle,       // of a row: no attempt
  kAway,       // of a row: no attempt, and the node could not be given one
};

struct Phase {
  Kind kind = Kind::kIdle;
  Time begin{};
  Time end{};
};

enum class Outcome : std::uint8_t {
  kOpen,  // not ended: the events stop before
  kFinished,
  kSuperseded,  // with a result, after another copy's
  kRejected,
  kFailed,
  kReleased,  // cancelled, without a result
};

// The result of an attempt against other copies of its task.
enum class Race : std::uint8_t { kNone, kWon, kLost, kOpen };

struct Attempt {
  std::int64_t id = 0;
  int round = 0;
  int shard = 0;
  std::string node;
  std::string reason;         // why this node, then
  std::int64_t hedge_of = 0;  // the attempt that this is a second copy of; 0: none
  int offer = 0;              // offers of this shard to this node earlier in the round

  Time dispatched{};
  std::optional<Time> accepted;
  std::optional<Time> started;
  Time queued_for{};  // with `started`, as the node measured them
  Time held_up_for{};
  std::optional<Time> cancelled_at;
  std::string cancel_reason;
  Time end{};  // the last event's time if it is open
  Outcome outcome = Outcome::kOpen;
  std::string end_reason;  // of a rejection or a failure
  Time compute_time{};     // with a result, as the node measured them
  Time load_time{};
  int epochs_run = 0;

  Race race = Race::kNone;
  // The phases from `dispatched` to `end` without gap or overlap. None of them is empty.
  std::vector<Phase> phases;

  bool has_result() const {
    return outcome == Outcome::kFinished || outcome == Outcome::kSuperseded;
  }
};

// The time that `attempt` was in phases of `kind`.
Time TimeIn(const Attempt& attempt, Kind kind);

// Makes `attempt.phases` from the rest of `attempt`. The node measures durations and the
// coordinator moments, so the durations are laid between the moments, against the start of the
// arithmetic. If both cannot be true, the moments win. A node that holds up first (one with slots)
// queues a task for the arithmetic after that; any other holds it up when its turn has come. An
// attempt that never started was certainly queued until `queued_until`, and then certainly held up
// until `held_until` (if that is later). The time after both is kWaiting.
struct BeforeStart {
  bool holds_up_first = false;
  Time queued_until{};
  Time held_until{};
};
std::vector<Phase> PhasesOf(const Attempt& attempt, const BeforeStart& before_start);

}  // namespace mlp::cli::timeline
