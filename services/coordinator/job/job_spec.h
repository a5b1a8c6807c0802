// A job's specification, what to train and how, with every default filled in, and its limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "libmlp/model/initialization.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/train/training_options.h"
#include "services/coordinator/job/schedule.h"
#include "services/coordinator/job/server_optimizer.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

// The weights of the shards in a round's average.
enum class Weighting : std::uint8_t { kEqual, kByRows };

// The rule by which a job stops by itself: its score on the validation rows has not risen by more
// than `min_improvement` for `patience` rounds.
struct EarlyStopping {
  int patience = 10;
  double min_improvement = 1e-4;
  friend bool operator==(const EarlyStopping&, const EarlyStopping&) = default;
};

struct JobSpec {
  std::string dataset;  // directory below the data directory
  int rounds = 30;
  int epochs = 10;  // passes over the rows, per shard and round
  std::vector<std::size_t> hidden_layer_sizes = {20};
  Activation activation = Activation::kRelu;
  Precision precision = Precision::kFloat64;
  double learning_rate = 1e-4;
  double tolerance = 0;
  Initialization initialization = Initialization::kGlorotUniform;
  std::uint32_t seed = 1;
  std::string policy = "pull";
  int max_retries = 100;
  // These are as in SchedulerOptions: for policies that bind when a node is free.
  int slots = 0;
  std::optional<std::chrono::nanoseconds> hedge_after = kDefaultHedgeAfter;

  Solver solver = Solver::kDescent;
  BatchOptions batches;           // options of the other solvers
  bool balanced_classes = false;  // class weights are derived from the data
  Schedule schedule;
  Weighting weighting = Weighting::kEqual;
  ServerOptions server;
  std::optional<EarlyStopping> early_stopping;  // none: all rounds
  std::string initial_model;                    // a job's id; empty: `initialization`

  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

inline constexpr int kMaxRounds = 100'000;
inline constexpr int kMaxEpochs = 1'000'000;
inline constexpr int kMaxBatchSize = 1'000'000;
inline constexpr int kMaxRetries = 1'000'000;
inline constexpr int kMaxSlots = 1000;
inline constexpr std::chrono::nanoseconds kMaxHedgeAfter = std::chrono::hours(1);
inline constexpr std::size_t kMaxNameLength = 255;

// Checks that a policy has that name. InvalidArgument otherwise, blamed on `field`.
absl::Status CheckPolicyName(std::string_view field, const std::string& policy);

// True if that policy, which must exist, binds when a node is free, and so has slots and hedging.
bool BindsWhenFree(const std::string& policy);

// Checks all that can be checked without the data. InvalidArgument carries the field
// ("spec.rounds") and states the limit.
absl::Status CheckJobSpec(const JobSpec& spec);

// Sets the defaults of jobs that are trained in batches: scikit-learn's, in rounds of one epoch.
void SetBatchDefaults(JobSpec& spec);

// Returns the model for data with so many features and classes, or, with kIdentity and 1, for a
// number to predict. InvalidArgument ("spec.hidden_layer_sizes") if it would be too large.
absl::StatusOr<ModelSpec> ModelFor(const JobSpec& spec, std::size_t features, std::size_t classes,
                                   Output output = Output::kSoftmax);

// Returns the options of training in `round`, except the number of the shard. `class_rows` are the
// rows of each class in the training shards; they are for balanced classes.
TrainingOptions TrainingOptionsOf(const JobSpec& spec, const std::vector<std::size_t>& class_rows,
                                  int round);

}  // namespace mlp::coordinator
