// A limit on how often things of one kind are said, such as lines of a log. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace mlp {

class RepeatLimit {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMaxKinds = 256;

  // Lets one of each kind through, and the next one of it `pause` later or after that.
  explicit RepeatLimit(std::chrono::nanoseconds pause) : pause_(pause) {}

  // Returns nothing if this one is to be left out, else how many of its kind were left out since
  // the one before. It remembers kMaxKinds kinds: a further one takes the place of the one that was
  // let through the longest time ago.
  std::optional<std::int64_t> Take(const std::string& kind, TimePoint now);

 private:
  struct Kind {
    TimePoint said;
    std::int64_t left_out = 0;
  };

  const std::chrono::nanoseconds pause_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace mlp
