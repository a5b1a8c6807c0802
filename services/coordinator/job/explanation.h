// Where a job stands, in words: what it waits for and what will happen next.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace mlp::coordinator {

struct Explanation {
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

  TimePoint time;                  // when it was said; durations in the sentences count from here
  std::string waiting_for;         // empty: for nothing
  std::optional<TimePoint> since;  // what it names first is so; nullopt: not known
  // What comes next, and on what condition. It comes at `next_at` if nothing happens before;
  // nullopt: when something happens.
  std::string next;
  std::optional<TimePoint> next_at;
};

}  // namespace mlp::coordinator
