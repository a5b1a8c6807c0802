// Numbers, options and terms of the scheduler that other parts use, too: records of jobs, their
// specifications, the seam to the nodes, experiments.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mlp::coordinator {

using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;
using AttemptId = std::int64_t;  // 1, 2, 3 … within a job

// The bearing of a failed attempt on the next one.
enum class FailureKind : std::uint8_t {
  kNodeLost,   // transport failed, or the node is shutting down: try again, elsewhere or later
  kNodeUnfit,  // this node cannot train this shard (its file differs, say): elsewhere this round
  kHopeless,   // it would fail anywhere: give up
};

// The reason why a node gets nothing for a while.
enum class RestCause : std::uint8_t { kRejection, kFailure };

// The scheduler's waiting times. Experiments scale them together with the injected load.
struct SchedulerWaits {
  // A shard that was rejected waits base * 2^(retries - 1), at most max, if the policy backs off
  // shards. A node whose attempt failed waits likewise by its failures in a row.
  std::chrono::nanoseconds back_off_base = std::chrono::milliseconds(10);
  std::chrono::nanoseconds back_off_max = std::chrono::seconds(1);
  // A node that rejected waits this long, if the policy cools down nodes.
  std::chrono::nanoseconds cool_down = std::chrono::milliseconds(10);
  // An offer that is not answered for this long, and for four times the longest answer seen, is
  // taken for one that is not started.
  std::chrono::nanoseconds answer = std::chrono::milliseconds(250);
  // The limits of Deadlines: before any silence was seen, and the floor.
  std::chrono::nanoseconds first_deadline = std::chrono::minutes(10);
  std::chrono::nanoseconds least_deadline = std::chrono::minutes(1);

  friend bool operator==(const SchedulerWaits&, const SchedulerWaits&) = default;
};

inline constexpr std::chrono::nanoseconds kDefaultHedgeAfter = std::chrono::milliseconds(10);

struct SchedulerOptions {
  int shards = 0;
  std::string policy = "pull";  // a name of PolicyNames()
  int max_retries = 100;        // per shard and round
  std::uint64_t seed = 1;
  // These are for policies that bind when a node is free; the others have neither.
  int slots = 0;  // attempts a node may hold; 0: shards / nodes that are up, at most 8
  // Time after which an attempt that was accepted and has not started gets another copy; nullopt:
  // never.
  std::optional<std::chrono::nanoseconds> hedge_after = kDefaultHedgeAfter;
  SchedulerWaits waits;
  AttemptId attempts_before = 0;  // the first attempt has the number after it
};

}  // namespace mlp::coordinator
