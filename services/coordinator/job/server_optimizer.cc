#include "services/coordinator/job/server_optimizer.h"

#include <cmath>
#include <variant>

#include "libmlp/model/parameters.h"

namespace mlp::coordinator {
namespace {

template <class T>
void Momentum(const ServerOptions& options, const Vector<T>& average, T* v, Vector<T>& parameters) {
  const auto momentum = static_cast<T>(options.momentum);
  const auto rate = static_cast<T>(options.learning_rate);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    v[i] = std::fma(momentum, v[i], average[i]);
    parameters[i] = std::fma(rate, v[i], parameters[i]);
  }
}

template <class T>
void Adam(const ServerOptions& options, const Vector<T>& average, T* m, T* v,
          Vector<T>& parameters) {
  const auto beta_1 = static_cast<T>(options.beta_1), beta_2 = static_cast<T>(options.beta_2);
  const auto rest_1 = static_cast<T>(1 - options.beta_1),
             rest_2 = static_cast<T>(1 - options.beta_2);
  const auto rate = static_cast<T>(options.learning_rate);
  const auto epsilon = static_cast<T>(options.epsilon);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    m[i] = std::fma(beta_1, m[i], rest_1 * average[i]);
    v[i] = std::fma(beta_2, v[i], rest_2 * average[i] * average[i]);
    parameters[i] += rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

}  // namespace

std::size_t ServerMemory(const ServerOptions& options) {
  switch (options.kind) {
    case ServerOptions::Kind::kAverage:
      return 0;
    case ServerOptions::Kind::kMomentum:
      return 1;
    case ServerOptions::Kind::kAdam:
      return 2;
  }
  return 0;
}

void ServerStep(const ServerOptions& options, const Parameters& average, Parameters& memory,
                Parameters& parameters) {
  std::visit(
      [&]<class T>(Vector<T>& values) {
        const Vector<T>& change = std::get<Vector<T>>(average);
        T* const remembered = std::get<Vector<T>>(memory).data();
        switch (options.kind) {
          case ServerOptions::Kind::kAverage:
            return Add(parameters, average);
          case ServerOptions::Kind::kMomentum:
            return Momentum(options, change, remembered, values);
          case ServerOptions::Kind::kAdam:
            return Adam(options, change, remembered, remembered + values.size(), values);
        }
      },
      parameters);
}

}  // namespace mlp::coordinator
