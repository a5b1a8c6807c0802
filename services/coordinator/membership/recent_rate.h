// Counts how often something happened per second over the last minute. Pure; bounded memory.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>

namespace mlp::coordinator {

class RecentRate {
 public:
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

  // Counts one occurrence at `now`, which never goes back.
  void Count(TimePoint now) {
    if (!first_) first_ = now;
    MoveTo(now);
    ++seconds_[SlotOf(second_)];
  }

  // Returns the rate per second over the last minute; over the time since the first occurrence, at
  // least a second, while that is shorter.
  double PerSecond(TimePoint now) const {
    if (!first_) return 0;
    RecentRate moved = *this;
    moved.MoveTo(now);
    const auto count = std::accumulate(moved.seconds_.begin(), moved.seconds_.end(), 0.0);
    const std::chrono::duration<double> since = now - *first_;
    return count / std::clamp(since.count(), 1.0, static_cast<double>(kSeconds));
  }

 private:
  static constexpr std::int64_t kSeconds = 60;
  static std::size_t SlotOf(std::int64_t second) {
    return static_cast<std::size_t>(second % kSeconds);
  }

  // Empties the slots of the seconds that have passed since the last call.
  void MoveTo(TimePoint now) {
    const std::int64_t second =
        std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    const std::int64_t passed = std::clamp<std::int64_t>(second - second_, 0, kSeconds);
    for (std::int64_t i = 0; i < passed; ++i) seconds_[SlotOf(second - i)] = 0;
    second_ = std::max(second_, second);
  }

  std::optional<TimePoint> first_;
  std::int64_t second_ = 0;                        // the last second, since the epoch
  std::array<std::uint32_t, kSeconds> seconds_{};  // occurrences in each
};

}  // namespace mlp::coordinator
