// A job's stage in words: what it waits for and what will happen next.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace mlp::coordinator {

struct Explanation {
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

  TimePoint time;                  // when it was said; durations in the sentences count from here
  std::string waiting_for;         // empty: for nothing
  std::optional<TimePoint> since;  // it waits for the first thing that it names; nullopt: not known
  // The next step and its condition. It comes at `next_at` if nothing happens before; nullopt: when
  // something happens.
  std::string next;
  std::optional<TimePoint> next_at;
};

}  // namespace mlp::coordinator
