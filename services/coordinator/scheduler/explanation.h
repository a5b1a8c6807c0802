// Where a job stands, in words: what it waits for and what will happen next.
#pragma once

#include <optional>
#include <string>

#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

struct Explanation {
  TimePoint time;                  // when it was said; durations in the sentences count from here
  std::string waiting_for;         // empty: for nothing
  std::optional<TimePoint> since;  // what it names first is so; nullopt: not known
  // What comes next, and on what condition. At `next_at` where nothing happens before, else when
  // something happens.
  std::string next;
  std::optional<TimePoint> next_at;
  bool no_node_up = false;  // that is what it waits for; whoever knows the nodes can say why
};

}  // namespace mlp::coordinator
