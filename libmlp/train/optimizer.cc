#include "libmlp/train/optimizer.h"

#include <cmath>

namespace mlp {

template <class T>
double SumOfSquares(const T* values, std::size_t count) {
  constexpr std::size_t kSums = 16;
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) {
      const auto value = static_cast<double>(values[i + k]);
      sums[k] = std::fma(value, value, sums[k]);
    }
  }
  for (std::size_t k = 0; i + k < count; ++k) {
    const auto value = static_cast<double>(values[i + k]);
    sums[k] = std::fma(value, value, sums[k]);
  }
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

template <class T>
Optimizer<T>::Optimizer(const TrainingOptions& options, std::size_t size)
    : options_(options),
      first_(size, T(0)),
      second_(options.solver == Solver::kAdam ? size : 0, T(0)) {}

template <class T>
void Optimizer<T>::Step(Vector<T>& gradient, Vector<T>& weights) {
  Clip(gradient);
  switch (options_.solver) {
    case Solver::kDescent:  // makes its steps in Network
      break;
    case Solver::kSgd:
      return StepBySgd(gradient, weights);
    case Solver::kAdam:
      return StepByAdam(gradient, weights);
  }
}

template <class T>
void Optimizer<T>::Clip(Vector<T>& gradient) const {
  const double most = options_.batches.clip_norm;
  if (most <= 0) return;
  const double norm = std::sqrt(SumOfSquares(gradient.data(), gradient.size()));
  if (!(norm > most)) return;
  const auto scale = static_cast<T>(most / norm);
  T* const g = gradient.data();
  for (std::size_t i = 0; i < gradient.size(); ++i) g[i] *= scale;
}

template <class T>
void Optimizer<T>::StepBySgd(const Vector<T>& gradient, Vector<T>& weights) {
  const auto rate = static_cast<T>(options_.learning_rate);
  const auto momentum = static_cast<T>(options_.batches.momentum);
  const bool nesterov = options_.batches.nesterov;
  const T* const g = gradient.data();
  T* const v = first_.data();
  T* const w = weights.data();
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const T step = rate * g[i];
    v[i] = std::fma(momentum, v[i], -step);
    w[i] += nesterov ? std::fma(momentum, v[i], -step) : v[i];
  }
}

template <class T>
void Optimizer<T>::StepByAdam(const Vector<T>& gradient, Vector<T>& weights) {
  const BatchOptions& batches = options_.batches;
  beta_1_power_ *= batches.beta_1;
  beta_2_power_ *= batches.beta_2;
  const auto rate =
      static_cast<T>(options_.learning_rate * std::sqrt(1 - beta_2_power_) / (1 - beta_1_power_));
  const auto beta_1 = static_cast<T>(batches.beta_1), beta_2 = static_cast<T>(batches.beta_2);
  const auto rest_1 = static_cast<T>(1 - batches.beta_1),
             rest_2 = static_cast<T>(1 - batches.beta_2);
  const auto epsilon = static_cast<T>(batches.epsilon);
  const T* const g = gradient.data();
  T* const m = first_.data();
  T* const v = second_.data();
  T* const w = weights.data();
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    m[i] = std::fma(beta_1, m[i], rest_1 * g[i]);
    v[i] = std::fma(beta_2, v[i], rest_2 * g[i] * g[i]);
    w[i] -= rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

template class Optimizer<float>;
template class Optimizer<double>;
template double SumOfSquares<float>(const float*, std::size_t);
template double SumOfSquares<double>(const double*, std::size_t);

}  // namespace mlp
