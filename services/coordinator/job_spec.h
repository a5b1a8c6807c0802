// What to train and how: a job's specification with every default filled in, and its limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "libmlp/model_spec.h"
#include "libmlp/parameters.h"
#include "libmlp/training.h"
#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {

struct JobSpec {
  std::string dataset;  // directory below the data directory
  int rounds = 30;
  int epochs = 10;  // per shard and round
  std::vector<std::size_t> hidden_layer_sizes = {20};
  Activation activation = Activation::kRelu;
  Precision precision = Precision::kFloat64;
  double learning_rate = 1e-4;
  double tolerance = 0;
  Initialization initialization = Initialization::kGlorotUniform;
  std::uint32_t seed = 1;
  std::string policy = "pull";
  int max_retries = 100;
  // As in SchedulerOptions: for policies that bind when a node is free.
  int slots = 0;
  std::optional<std::chrono::nanoseconds> hedge_after = kDefaultHedgeAfter;

  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

inline constexpr int kMaxRounds = 100'000;
inline constexpr int kMaxEpochs = 1'000'000;
inline constexpr int kMaxRetries = 1'000'000;
inline constexpr int kMaxSlots = 1000;
inline constexpr std::chrono::nanoseconds kMaxHedgeAfter = std::chrono::hours(1);
inline constexpr std::size_t kMaxNameLength = 255;

// InvalidArgument, blamed on `field`, where no policy has that name.
absl::Status CheckPolicyName(std::string_view field, const std::string& policy);

// Whether that policy, which must exist, binds when a node is free, and so has slots and hedging.
bool BindsWhenFree(const std::string& policy);

// InvalidArgument that carries the field ("spec.rounds") and states the limit, for what can be told
// without the data.
absl::Status CheckJobSpec(const JobSpec& spec);

// The model that `spec` makes of data with so many features and classes, or, with kIdentity and 1,
// a number to predict. InvalidArgument ("spec.hidden_layer_sizes") where it would be too large.
absl::StatusOr<ModelSpec> ModelFor(const JobSpec& spec, std::size_t features, std::size_t classes,
                                   Output output = Output::kSoftmax);

TrainingOptions TrainingOptionsOf(const JobSpec& spec);

}  // namespace mlp::coordinator
