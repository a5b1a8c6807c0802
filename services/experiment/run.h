// One run of an experiment: a job under one policy, one load and one seed, and its figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "services/experiment/spec.h"

namespace mlp::experiment {

// Identifies a run: indices into the experiment's policies and loads, and the seed.
struct RunKey {
  std::size_t policy = 0;
  std::size_t load = 0;
  std::uint64_t seed = 1;
};

// The figures of a run. Times are in seconds of the experiment, that is, divided by its time_scale.
struct Figures {
  double makespan = 0;  // the job's start to its end
  std::int64_t attempts = 0;
  std::int64_t rejections = 0;
  std::int64_t copies = 0;     // second copies that were sent
  double copies_per_task = 0;  // attempts that a node accepted, divided by tasks
  // Shares of the nodes' time, together 1. A node computes, or holds a task without computing, or
  // does neither.
  double computing = 0;
  double held_up = 0;
  double idle = 0;
  double compute_time = 0;  // mean of a task, with reading its shard
  // Time between dispatch and result, less the node's own time: the lower quartile over the tasks,
  // because the messages of tasks that a round dispatches all at once wait for each other, and
  // others do not.
  double round_trip = 0;
  std::string digest;  // the model's digest
};

struct Run {
  RunKey key;
  bool done = false;    // false: interrupted if `problem` is empty, or else failed
  std::string problem;  // why it failed
  Figures figures;
};

// Returns every run of the experiment, in the order of policies, loads, seeds.
std::vector<RunKey> RunsOf(const Experiment& experiment, Mode mode);

}  // namespace mlp::experiment
