// The results of all runs of an experiment together. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "services/experiment/bounds.h"
#include "services/experiment/run.h"
#include "services/experiment/statistics.h"

namespace mlp::experiment {

// All runs of a policy under a load.
struct Cell {
  std::size_t policy = 0;
  std::size_t load = 0;
  Estimate makespan;  // seconds
  // Means over the runs.
  double attempts = 0;
  double rejections = 0;
  double copies_per_task = 0;
  double computing = 0;
  double held_up = 0;
  double idle = 0;
  double compute_time = 0;  // seconds of a task
  double round_trip = 0;
};

// A policy compared with the baseline under a load: makespan of the policy minus that of the
// baseline, over the seeds that both have.
struct Comparison {
  std::size_t policy = 0;
  std::size_t load = 0;
  Estimate difference;
  double speed_up = 0;   // the baseline's mean divided by the policy's
  std::string sentence;  // "pull is 2.1 s to 2.6 s faster than random at load 0.2 on all."
};

struct Summary {
  const Experiment* experiment = nullptr;
  Mode mode = Mode::kSimulated;
  std::size_t runs = 0;     // completed
  std::size_t planned = 0;  // more than `runs` if it was interrupted or some failed
  std::vector<Cell> cells;  // sorted by policy, then load; those with a completed run
  std::vector<Comparison> comparisons;
  std::vector<std::vector<Bound>> bounds;  // one vector for each load
  std::string digest;                      // the digest of every run's model; empty: no run
  // Reasons that make the results void: failed runs, models that differ. One sentence each.
  std::vector<std::string> problems;

  // Returns nullptr if it has no completed run.
  const Cell* Find(std::size_t policy, std::size_t load) const;
};

// `experiment` outlives the summary.
Summary Summarise(const Experiment& experiment, Mode mode, const std::vector<Run>& runs);

// Returns the sentence of a comparison.
std::string CompareInWords(const Estimate& difference, const std::string& policy,
                           const std::string& baseline, const std::string& load);

}  // namespace mlp::experiment
