// A job that a store is taken through in steps, each of which is one commit of changes that belong
// together, and a check of the number of steps that a store has taken.
#pragma once

#include <string>
#include <vector>

#include "test/coordinator/store/store_fixtures.h"

namespace mlp::coordinator::test {

// Returns the changes of a step. Step 1 makes the job. Each appends two events, finishes a round
// and keeps a shard of the next.
inline std::vector<Change> StepChanges(int step) {
  std::vector<Change> changes;
  StoredJob stored = {NewJob(1), 2 * step};
  stored.job.rounds_done = step;
  changes.emplace_back(change::SaveJob{stored});
  changes.emplace_back(change::AppendEvent{"job-1", SharedEvent(2 * step - 1)});
  changes.emplace_back(change::AppendEvent{"job-1", SharedEvent(2 * step)});
  changes.emplace_back(
      change::FinishRound{"job-1", step, SharedNumbers(Precision::kFloat64, step), step - 1});
  changes.emplace_back(change::KeepShard{"job-1", step + 1, 0, Result(Precision::kFloat64, step)});
  return changes;
}

// Returns the number of steps that were taken; -1 if the store's content fits no number of steps,
// or cannot be read.
inline int StepsTaken(Store& store) {
  const auto state = store.Load();
  const auto events = store.Events("job-1", 1, SIZE_MAX);
  const auto progress = store.GetProgress("job-1");
  if (!state.ok() || !events.ok() || !progress.ok()) return -1;
  const int steps = static_cast<int>(events->size() / 2);
  JobProgress expected;
  if (steps > 0) {
    expected.shards[0] = Result(Precision::kFloat64, steps);
    expected.rounds[steps] = SharedNumbers(Precision::kFloat64, steps);
  }
  if (steps > 1) expected.rounds[steps - 1] = SharedNumbers(Precision::kFloat64, steps - 1);
  const bool right =
      events->size() % 2 == 0 && Text(*progress) == Text(expected) &&
      state->jobs.size() == (steps == 0 ? 0 : 1) && state->last_number == (steps > 0) &&
      (steps == 0 ||
       (state->jobs[0].sequence == 2 * steps && state->jobs[0].job.rounds_done == steps));
  return right ? steps : -1;
}

}  // namespace mlp::coordinator::test
