// Replays a recorded job: tells a scheduler of its own everything that happened, at the times it
// happened, and compares its decisions with the recorded ones. Pure.
//
// A job's records are events (nodes come and go, rounds start, attempts are answered and end) and
// decisions. RoundRunner records both with the one time of their turn, so after each event the
// scheduler is asked at that time; decisions with a later time were made at a wake-up at that time.
// It is also asked at wake-ups of its own that are seconds before the next record.
//
// A decision says which node gets which shard, which copy is cancelled, or which round is given up.
// The reason beside it is prose, which may change from version to version: decisions whose reasons
// alone differ are the same, and are counted.
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
  // The record that differs; if nothing was recorded, the one after which it is missing.
  std::int64_t sequence = 0;
  int round = 0;
  std::string recorded;  // the recorded decision, in words; empty: none
  std::string replayed;  // the replayed decision, likewise
};

struct ReplayResult {
  std::string policy;
  int rounds = 0;              // started ones
  std::int64_t events = 0;     // events that the scheduler was told
  std::int64_t decisions = 0;  // recorded ones
  // Number of differences. After the first one the scheduler may be in another state, so others
  // follow from it.
  std::int64_t differences = 0;
  std::vector<ReplayDifference> first_differences;  // kMaxDifferencesKept at most
  std::int64_t reworded = 0;  // identical decisions, the reason in other words
  // Decisions that followed from the last record, and were not recorded because the job ended there
  // without success (cancelled, say), or because the log ends.
  std::int64_t cut_off = 0;
};

// Work that a replay may cost beyond that of its records, in shards, or nodes, that are looked at:
// some tens of seconds. Numbers of shards, of nodes, or of hours between two records, in a log that
// was edited, could ask for years.
inline constexpr std::int64_t kMaxReplayWork = 500'000'000;

// Replays a job's records. InvalidArgument, with the sequence number, if they are not those of a
// job: none says with which options the scheduler began, times go back, a round starts with another
// number of shards, or following the numbers in the records takes more than `most_work`.
absl::StatusOr<ReplayResult> Replay(const std::vector<JobEvent>& records,
                                    std::int64_t most_work = kMaxReplayWork);

}  // namespace mlp::coordinator
