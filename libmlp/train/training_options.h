// The options of training a model: the solver and its settings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp {

// The method by which parameters go down the gradient.
enum class Solver : std::uint8_t {
  // All rows in each step, by the learning rate times the sum of their gradients, as in the
  // reference system.
  kDescent,
  // Batches of rows, by the learning rate times their mean gradient, with momentum; optimizer.h.
  kSgd,
  // Batches of rows, by Adam; optimizer.h.
  kAdam,
};

inline constexpr std::array kSolvers = {Solver::kDescent, Solver::kSgd, Solver::kAdam};

// "descent", "sgd", "adam".
std::string_view SolverName(Solver solver);
// InvalidArgument, with the names that there are, where `name` is none of them.
absl::StatusOr<Solver> ParseSolver(std::string_view name);
// True if the solver takes batches of rows, and so has BatchOptions.
bool TrainsBatches(Solver solver);
// "sgd and adam": those that do.
std::string BatchSolverNames();

// The options for batches. Names and defaults are scikit-learn's.
struct BatchOptions {
  int batch_size = 200;   // rows of a step, >= 1; no more than there are
  bool shuffle = true;    // the rows anew in each epoch
  double momentum = 0.9;  // kSgd; 0 to less than 1
  bool nesterov = true;   // kSgd
  double beta_1 = 0.9;    // kAdam; 0 to less than 1
  double beta_2 = 0.999;  // kAdam; 0 to less than 1
  double epsilon = 1e-8;  // kAdam; > 0
  double alpha = 1e-4;    // L2: alpha / 2 times the squares of the weights, not the biases; >= 0
  double dropout = 0;     // share of the hidden units that a row leaves out; 0 to less than 1
  double clip_norm = 0;   // the longest that a step's mean gradient may be; 0: any length
  double label_smoothing = 0;              // block.h; 0 to less than 1
  std::vector<double> class_weights = {};  // (classes), the weight of its rows; empty: all 1
  friend bool operator==(const BatchOptions&, const BatchOptions&) = default;
};

// The key of draws: rows are shuffled and units left out the same on every node that trains a
// shard.
struct DrawKey {
  std::uint64_t seed = 1;
  int round = 1;
  int shard = 0;
  friend bool operator==(const DrawKey&, const DrawKey&) = default;
};

struct TrainingOptions {
  int epochs = 10;              // passes over the rows at most, >= 1
  double learning_rate = 1e-4;  // > 0
  double tolerance = 0;         // stop once an epoch changed the loss by this or less; 0: never
  Solver solver = Solver::kDescent;
  BatchOptions batches = {};
  DrawKey key = {};

  friend bool operator==(const TrainingOptions&, const TrainingOptions&) = default;
};

// InvalidArgument, which begins with the option ("batches.momentum must be …"), if one is out of
// its range or is not for the solver; `classes` are the model's, 0 if they are not known.
absl::Status CheckTrainingOptions(const TrainingOptions& options, std::size_t classes);

}  // namespace mlp
