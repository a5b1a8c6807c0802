// A job's timeline: its events as attempts, as lanes of nodes, and as rounds. Pure: time is the
// events' own, and every renderer draws from here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/timeline/attempt.h"
#include "cli/timeline/lanes.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli::timeline {

struct Round {
  int number = 0;
  Time begin{};
  Time end{};  // the last event's time if it is open
  bool finished = false;
  int shards = 0;
  std::optional<double> training_error;
  std::optional<double> validation_error;
  Time validated{};  // with validation_error
};

struct Timeline {
  std::string job;  // its name; empty if nobody gave one
  std::string policy;
  int slots = 0;  // 0: the scheduler's choice
  bool hedging = false;
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  std::string detail;             // why it failed or was cancelled
  Time begin{};                   // the first round's, or the first offer's
  Time end{};                     // the last event's
  std::vector<Attempt> attempts;  // by number
  std::vector<Lane> lanes;        // by the nodes' numbers
  std::vector<Round> rounds;
};

// `events` in the order of their sequence numbers, from the beginning; they may stop anywhere.
Timeline BuildTimeline(const std::vector<v1::JobEvent>& events);

// Time that all rows of the lanes together spend on `kind`.
Time TimeIn(const Timeline& timeline, Kind kind);

}  // namespace mlp::cli::timeline
