// Training and measuring a multi-layer perceptron.
//
// Deterministic by construction: every sum has one fixed order, every multiply-add is fused, and
// exp, log and tanh are our own. The result is a function of the arguments and of ArithmeticId()
// alone, whatever the optimisation level.
//
// Functions are re-entrant and may run on any thread.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/dataset.h"
#include "libmlp/model_spec.h"
#include "libmlp/parameters.h"

namespace mlp {

// Names what the bits depend on besides the arguments: kernel version and instruction set. Machines
// whose values differ must not train one model together.
std::string_view ArithmeticId();

struct TrainingOptions {
  int epochs = 10;              // full-batch steps at most, >= 1
  double learning_rate = 1e-4;  // > 0
  double tolerance = 0;         // stop once a step changed the loss by this much or less; 0: never

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
};

struct TrainingResult {
  Parameters gradient;  // (parameters) after training minus before, in the precision of `start`
  Evaluation training;  // the shard's rows under the parameters after the last step
  int epochs_run = 0;
};

// InvalidArgument where the shard does not fit the model: features differ, or a label >= classes.
absl::Status CheckShard(const ModelSpec& spec, const Shard& shard);

// Full-batch gradient descent on softmax cross-entropy. With Z_0 = X (rows, d), A_l = [1 Z_l] W_l,
// Z_{l+1} = f(A_l), Y = softmax(A_last) and G = onehot(labels) - Y:
//   W_l += learning_rate * [1 Z_l]^T D_l, where D_last = G and
//   D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1}); all steps from the old weights.
// Gradients are summed over the rows, not averaged, as the reference system does. A step that
// changed the loss by at most `tolerance` is kept and is the last one.
//
// The arguments must have passed CheckModelSpec and CheckShard. Cancelled within one epoch after
// `stop`; OutOfRange where loss or parameters become non-finite, with the epoch. Works on up to
// `threads` threads where the model is large enough for it to pay; the bits do not depend on it.
absl::StatusOr<TrainingResult> Train(const ModelSpec& spec, const Parameters& start,
                                     const Shard& shard, const TrainingOptions& options,
                                     std::stop_token stop = {}, int threads = 1);

// Measures a model, with no copy of its parameters. Same requirements. Cancelled after `stop`;
// OutOfRange where the loss is not finite.
absl::StatusOr<Evaluation> Evaluate(const ModelSpec& spec, const Parameters& parameters,
                                    const Shard& shard, std::stop_token stop = {});

// Y (rows, classes) as float64.
Matrix<double> Probabilities(const ModelSpec& spec, const Parameters& parameters,
                             const Matrix<double>& features);

}  // namespace mlp
