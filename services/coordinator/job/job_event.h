// The events of a job, one record each. A job's state is the fold of its events (job.h); its log
// and its watchers' stream are the events themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "libmlp/train/evaluation.h"
#include "services/coordinator/membership/types.h"
#include "services/coordinator/scheduler/events.h"

namespace mlp::coordinator {

enum class JobState : std::uint8_t { kPending, kRunning, kSucceeded, kFailed, kCancelled };

// Returns "PENDING", "RUNNING" …
const char* JobStateName(JobState state);
inline bool IsFinal(JobState state) {
  return state != JobState::kPending && state != JobState::kRunning;
}

namespace events {

using Duration = std::chrono::nanoseconds;

struct StateChanged {
  JobState state = JobState::kPending;
  std::string detail;        // why it failed or was cancelled; the job that it is queued behind
  std::string model_digest;  // hexadecimal, if succeeded
};
struct Waiting {
  static constexpr const char* kPaused = "paused: ";

  std::string reason;  // empty: the job goes on

  // True if nothing can be written: the scheduler is not asked before the next record of this kind.
  bool paused() const { return reason.starts_with(kPaused); }
};
struct SchedulingBegan {
  SchedulerOptions options;
};
struct NodeJoined : coordinator::NodeJoined {
  NodeLoad load;
};
using NodeLeft = coordinator::NodeLeft;
// The node has trained these shards of the round before, and still has the results.
using ResultsCached = coordinator::ResultsCached;
struct RoundStarted {
  int shards = 0;
  std::vector<int> restored_shards = {};  // their gradients are there from before a restart
};

// An event or a decision of the scheduler about an attempt, with the attempt's shard and node.
template <class What>
struct OfAttempt : What {
  int shard = 0;
  std::string node;  // its name
};
// The number of an attempt, for records that the scheduler does not get, or not in this form.
struct AttemptNumber {
  AttemptId attempt = 0;
};
struct AttemptDispatched : OfAttempt<AttemptNumber> {
  std::string reason = {};
  int node_number = 0;
  AttemptId hedge_of = 0;  // the attempt that this is a second copy of; 0: none
  int offer = 0;
};
using AttemptAccepted = OfAttempt<coordinator::AttemptAccepted>;
using AttemptRejected = OfAttempt<coordinator::AttemptRejected>;
using AttemptStarted = OfAttempt<coordinator::AttemptStarted>;
struct AttemptFinished : OfAttempt<coordinator::AttemptFinished> {
  Duration total_time{};
  Duration compute_time{};
  Duration load_time{};
  int epochs_run = 0;
  Evaluation training = {};
  std::string rows_source = {};  // the shard's file
  bool superseded = false;       // another copy's result came first
};
using AttemptFailed = OfAttempt<coordinator::AttemptFailed>;
// A decision of the scheduler. The attempt ends with AttemptReleased, or with the result that came
// anyway.
using AttemptCancelled = OfAttempt<Cancel>;
using AttemptReleased = OfAttempt<AttemptNumber>;
using RoundGivenUp = GiveUp;

// The coordinator was restarted; attempts that were out are lost.
struct Resumed {
  int rounds_done = 0;
  int restored_shards = 0;  // shards of the round after them
};

struct RoundFinished {
  double training_error = 0;
  double training_loss = 0;
  std::int64_t epochs_run = 0;
  Duration duration{};
};
struct RoundValidated {
  Evaluation validation;
  std::string rows_source;  // the validation file
  Duration duration{};
};

}  // namespace events

struct JobEvent {
  using Body =
      std::variant<events::StateChanged, events::Waiting, events::NodeJoined, events::NodeLeft,
                   events::RoundStarted, events::AttemptDispatched, events::AttemptAccepted,
                   events::AttemptRejected, events::AttemptStarted, events::AttemptFinished,
                   events::AttemptFailed, events::AttemptCancelled, events::RoundFinished,
                   events::RoundValidated, events::SchedulingBegan, events::AttemptReleased,
                   events::RoundGivenUp, events::Resumed, events::ResultsCached>;

  std::int64_t sequence = 0;  // 1, 2, 3 … within the job
  std::chrono::sys_time<std::chrono::nanoseconds> time;
  int round = 0;  // 0: the whole job
  Body body;
};

}  // namespace mlp::coordinator
