// The description of an experiment: one task, run under every policy and every load, again and
// again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "services/coordinator/scheduler/types.h"

namespace mlp::experiment {

using Duration = std::chrono::nanoseconds;

// A scheduling policy with its options, and its name in the report.
struct PolicyCase {
  std::string label;
  std::string policy = "pull";  // one of coordinator::PolicyNames()
  int slots = 0;
  std::optional<Duration> hedge_after;
  coordinator::SchedulerWaits waits;
  // Seconds to show beside the measured ones, by load; 0 or empty: none.
  std::vector<double> known;      // another simulation's
  std::vector<double> published;  // somebody's measurements
};

struct LoadCase {
  std::string label;
  std::vector<double> probabilities;  // one per node
};

struct Experiment {
  std::string title;
  // The task: a directory with a dataset, or a synthetic workload in `shards` shards.
  std::filesystem::path dataset;  // empty: synthetic
  int shards = 0;
  // Time to compute one shard on one node. With a dataset, it is the time that a simulation assumes
  // for the arithmetic.
  Duration compute_time = std::chrono::milliseconds(5);
  int rounds = 30;
  int epochs = 10;
  std::vector<std::size_t> hidden_layer_sizes;
  double learning_rate = 1e-4;

  int nodes = 4;
  Duration load_delay = std::chrono::seconds(3);
  Duration round_trip = std::chrono::milliseconds(1);  // simulated time of a message and its answer
  double time_scale = 1;             // real runs multiply every time above by it and divide results
  std::vector<std::uint64_t> seeds;  // seeds of real runs
  std::vector<std::uint64_t> simulated_seeds;  // seeds of simulated runs
  std::size_t baseline = 0;                    // the policy that the others are compared with
  std::vector<PolicyCase> policies;            // one or more
  std::vector<LoadCase> loads;                 // one or more

  bool synthetic() const { return dataset.empty(); }
};

enum class Mode : std::uint8_t { kSimulated, kReal };

inline const std::vector<std::uint64_t>& SeedsOf(const Experiment& experiment, Mode mode) {
  return mode == Mode::kReal ? experiment.seeds : experiment.simulated_seeds;
}

// Limits that make a mistyped number an error and not a machine that swaps.
inline constexpr int kMaxExperimentNodes = 100'000;
inline constexpr int kMaxShards = 1'000'000;
inline constexpr int kMaxRepeats = 100'000;
inline constexpr std::size_t kMaxRuns = 1'000'000;

}  // namespace mlp::experiment
