// Training and measuring a multi-layer perceptron.
//
// Deterministic by construction: every sum has one fixed order, every multiply-add is fused, and
// exp, log and tanh are our own. The result is a function of the arguments and of ArithmeticId()
// alone, whatever the optimisation level.
//
// Functions are re-entrant and may run on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "libmlp/data/dataset.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/parameters.h"

namespace mlp {

// Names what the bits depend on besides the arguments: the version of the kernels. Machines whose
// values differ must not train one model together.
std::string_view ArithmeticId();

// How parameters go down the gradient.
enum class Solver : std::uint8_t {
  // All rows in each step, by the learning rate times the sum of their gradients: what the
  // reference
  // system does.
  kDescent,
  // Batches of rows, by the learning rate times their mean gradient, with momentum; optimizer.h.
  kSgd,
  // Batches of rows, by Adam; optimizer.h.
  kAdam,
};

// "descent", "sgd", "adam".
std::string_view SolverName(Solver solver);

// What batches are trained with, by kSgd and kAdam. Names and defaults are scikit-learn's.
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
  std::vector<double> class_weights = {};  // (classes), how much its rows count; empty: all 1
  friend bool operator==(const BatchOptions&, const BatchOptions&) = default;
};

// Whose draws they are: rows are shuffled and units left out the same wherever a shard is trained.
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

struct Evaluation {
  std::size_t rows = 0;
  // Rows whose most probable class, the first of equals, is not the label.
  std::size_t wrong_rows = 0;
  // -sum over rows of log(probability of the label + 1e-6), in nats; for regression the sum of
  // (prediction - target)^2 / 2.
  double loss = 0;
  // For regression: sum over rows of (target - mean target)^2.
  double total_squares = 0;

  double error() const { return static_cast<double>(wrong_rows) / static_cast<double>(rows); }
  // Of regression; where all targets are the same there is none.
  double r_squared() const { return 1 - 2 * loss / total_squares; }
};

struct TrainingResult {
  Parameters gradient;  // (parameters) after training minus before, in the precision of `start`
  // The shard's rows under the parameters after the last step; where batches are trained, each row
  // as it was met in the last epoch, and the loss as scikit-learn has it: -log(probability of the
  // label), no less than the precision's epsilon, with what alpha adds.
  Evaluation training;
  int epochs_run = 0;
};

// InvalidArgument where the shard does not fit the model: features differ, a label >= classes, or
// it has classes where the model predicts a number, or the other way round.
absl::Status CheckShard(const ModelSpec& spec, const Shard& shard);

// InvalidArgument, which begins with the option ("batches.momentum must be …"), where one is out of
// its range or is not for the solver; `classes` are the model's, 0 where they are not known.
absl::Status CheckTrainingOptions(const TrainingOptions& options, std::size_t classes);

// By Solver::kDescent, full-batch gradient descent on softmax cross-entropy, or on half the squared
// error in regression, where G = targets - Y. With Z_0 = X (rows, d), A_l = [1 Z_l] W_l,
// Z_{l+1} = f(A_l), Y = softmax(A_last) and G = onehot(labels) - Y:
//   W_l += learning_rate * [1 Z_l]^T D_l, where D_last = G and
//   D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1}); all steps from the old weights.
// Gradients are summed over the rows, not averaged, as the reference system does. A step that
// changed the loss by at most `tolerance` is kept and is the last one.
//
// By the others, see optimizer.h: the optimizer begins anew in each call, and so does Adam's count
// of steps. Batches take the rows in their order, or shuffled by `options.key`; the last one of an
// epoch may be smaller.
//
// The arguments must have passed CheckModelSpec, CheckShard and CheckTrainingOptions. Cancelled
// within one epoch after `stop`; OutOfRange where loss or parameters become non-finite, with the
// epoch. Works on up to `threads` threads where the model is large enough for it to pay; the bits
// do not depend on it.
absl::StatusOr<TrainingResult> Train(const ModelSpec& spec, const Parameters& start,
                                     const Shard& shard, const TrainingOptions& options,
                                     std::stop_token stop = {}, int threads = 1);

// Measures a model, with no copy of its parameters. Same requirements. Cancelled after `stop`;
// OutOfRange where the loss is not finite.
absl::StatusOr<Evaluation> Evaluate(const ModelSpec& spec, const Parameters& parameters,
                                    const Shard& shard, std::stop_token stop = {});

}  // namespace mlp
