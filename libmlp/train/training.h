// Training and measuring a multi-layer perceptron.
//
// Deterministic by construction: every sum has one fixed order, every multiply-add is fused, and
// exp, log and tanh are our own. The result is a function of the arguments and of ArithmeticId()
// alone, whatever the optimisation level.
//
// Functions are re-entrant and may run on any thread.
#pragma once

#include <stop_token>

#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/parameters.h"
#include "libmlp/train/evaluation.h"
#include "libmlp/train/training_options.h"

namespace mlp {

struct Shard;

struct TrainingResult {
  Parameters gradient;  // (parameters) after training minus before, in the precision of `start`
  // The measure of the shard's rows under the parameters after the last step. If batches are
  // trained, it is of each row as the last epoch met it, and the loss is scikit-learn's:
  // -log(probability of the label), no less than the precision's epsilon, plus the term of alpha.
  Evaluation training;
  int epochs_run = 0;
};

// InvalidArgument if the shard does not fit the model: features differ, a label is >= classes, or
// it has classes but the model predicts a number, or the other way round.
absl::Status CheckShard(const ModelSpec& spec, const Shard& shard);

// Solver::kDescent is full-batch gradient descent on softmax cross-entropy, or on half the squared
// error in regression, for which G = targets - Y. With Z_0 = X (rows, d), A_l = [1 Z_l] W_l,
// Z_{l+1} = f(A_l), Y = softmax(A_last) and G = onehot(labels) - Y:
//   W_l += learning_rate * [1 Z_l]^T D_l, where D_last = G and
//   D_{l-1} = (D_l W_l[1:]^T) * f'(A_{l-1}); all steps from the old weights.
// Gradients are summed over the rows, not averaged, as the reference system does. A step that
// changed the loss by at most `tolerance` is kept and is the last one.
//
// The other solvers are in optimizer.h. The optimizer begins anew in each call, and so does Adam's
// count of steps. Batches take the rows in their order, or shuffled by `options.key`; the last one
// of an epoch may be smaller.
//
// The arguments must have passed CheckModelSpec, CheckShard and CheckTrainingOptions. Cancelled
// within one epoch after `stop`; OutOfRange if loss or parameters become non-finite, with the
// epoch. Works on up to `threads` threads if the model is large enough for it to pay; the bits do
// not depend on it.
absl::StatusOr<TrainingResult> Train(const ModelSpec& spec, const Parameters& start,
                                     const Shard& shard, const TrainingOptions& options,
                                     std::stop_token stop = {}, int threads = 1);

// Measures a model, with no copy of its parameters. The same requirements hold. Cancelled after
// `stop`; OutOfRange if the loss is not finite.
absl::StatusOr<Evaluation> Evaluate(const ModelSpec& spec, const Parameters& parameters,
                                    const Shard& shard, std::stop_token stop = {});

}  // namespace mlp
