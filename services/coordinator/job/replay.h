// Replays a recorded job: tells a scheduler of its own everything that happened, at the times it
// happened, and compares what it decides with what was recorded. Pure.
//
// A job's records are happenings (nodes come and go, rounds start, attempts are answered and end)
// and decisions. RoundRunner records both with the one time of their turn, so after each happening
// the scheduler is asked at that time; decisions with a later time were made when it woke up then.
// It is also asked at wake-ups of its own that are seconds before the next record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/coordinator/job/job_event.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxDifferencesKept = 10;

struct ReplayDifference {
  // The record that differs; where nothing was recorded, the one after which it is missing.
  std::int64_t sequence = 0;
  int round = 0;
  std::string recorded;  // what was decided, in words; empty: nothing
  std::string replayed;  // likewise
};

struct ReplayResult {
  std::string policy;
  int rounds = 0;              // that started
  std::int64_t events = 0;     // happenings that the scheduler was told
  std::int64_t decisions = 0;  // that were recorded
  // After the first difference the scheduler may be elsewhere, and others follow from it.
  std::int64_t differences = 0;
  std::vector<ReplayDifference> first_differences;  // at most kMaxDifferencesKept
  // Decisions that followed from the last record, and were not recorded because the job ended there
  // without success (cancelled, say), or the log does.
  std::int64_t cut_off = 0;
};

// What a replay may cost besides what its records do, in shards, or nodes, that are looked at: some
// tens of seconds. Numbers in a log that was edited, of shards, of nodes, or of hours between two
// records, could ask for years.
inline constexpr std::int64_t kMaxReplayWork = 500'000'000;

// InvalidArgument, with the sequence number, where the records are none of a job: nothing says with
// which options the scheduler began, times go back, a round starts with another number of shards,
// or following the numbers in the records takes more than `most_work`.
absl::StatusOr<ReplayResult> Replay(const std::vector<JobEvent>& records,
                                    std::int64_t most_work = kMaxReplayWork);

}  // namespace mlp::coordinator
