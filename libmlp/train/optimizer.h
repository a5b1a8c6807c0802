// Steps along mean gradients, as scikit-learn takes them, so that its results can be compared.
//
// Arithmetic is exact IEEE 754: explicit fused multiply-adds, roots, quotients. Sums over
// parameters are sixteen partial sums on every processor, so the bits are the same everywhere. One
// thread at a time for each object.
#pragma once

#include <cstddef>

#include "libmlp/model/vector.h"
#include "libmlp/train/training_options.h"

namespace mlp {

// The sum of the squares of `count` values, in float64.
template <class T>
double SumOfSquares(const T* values, std::size_t count);

template <class T>
class Optimizer {
 public:
  // Optimizes `size` parameters by a solver that trains batches.
  Optimizer(const TrainingOptions& options, std::size_t size);

  // One step; `gradient` (size) is the mean's and is used up, `weights` (size).
  //
  // kSgd, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013):
  //   v = momentum v - rate g;  w += nesterov ? momentum v - rate g : v
  // kAdam (Kingma, Ba 2015), in step t:
  //   m = beta_1 m + (1 - beta_1) g;  v = beta_2 v + (1 - beta_2) g^2
  //   w -= rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
  // Both first scale g to clip_norm if it is longer.
  void Step(Vector<T>& gradient, Vector<T>& weights);

 private:
  void Clip(Vector<T>& gradient) const;
  void StepBySgd(const Vector<T>& gradient, Vector<T>& weights);
  void StepByAdam(const Vector<T>& gradient, Vector<T>& weights);

  const TrainingOptions options_;
  Vector<T> first_;                             // v of kSgd, m of kAdam
  Vector<T> second_;                            // v of kAdam; else (0)
  double beta_1_power_ = 1, beta_2_power_ = 1;  // to the number of steps
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;
extern template double SumOfSquares<float>(const float*, std::size_t);
extern template double SumOfSquares<double>(const double*, std::size_t);

}  // namespace mlp
