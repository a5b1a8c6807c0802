// A cluster under faults, in virtual time: a coordinator, nodes, a disk, a network and a client who
// wants one job done, with misfortunes that a seed draws. The same seed takes the same course.
//
// The production code runs: Coordinator, RunJob, RoundRunner, Scheduler, Journal, Membership, Node.
// Everything below it is simulated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/coordinator/job/job.h"
#include "test/programs/chaos/coordinator_process.h"
#include "test/programs/chaos/node_process.h"

namespace mlp::chaos {

struct WorldOptions {
  std::uint64_t seed = 1;
  bool faulty = true;
  bool hedging = true;
  bool everything = false;  // TinyData::JobWithEverything instead of Job
  // Number of the coordinator's turns after which it crashes, once; with or without other faults.
  std::optional<std::int64_t> crash_after_turns;
  bool trace = false;  // prints to standard output
};

// The results of a run.
struct Outcome {
  std::string problem;  // empty: none
  std::string digest;
  std::uint64_t trace = 0;  // hash of everything that happened, in order
  std::int64_t turns = 0;
  int faults = 0;
  int machines = 0;
  std::int64_t trained = 0;  // shards that the nodes that were up at the end have trained
  async::Duration time{};
};

// Runs the world to the end of its job.
Outcome RunWorld(const WorldOptions& options);

}  // namespace mlp::chaos
