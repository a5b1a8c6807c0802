// Applies the average of the shards' changes to the parameters at the end of a round. Pure; the
// same bits everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mlp {
class Parameters;
}  // namespace mlp

namespace mlp::coordinator {

struct ServerOptions {
  enum class Kind : std::uint8_t { kAverage, kMomentum, kAdam };
  Kind kind = Kind::kAverage;
  double learning_rate = 1;
  double momentum = 0.9;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  double epsilon = 1e-3;
  friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

// Number of buffers, as large as the parameters, that the optimizer remembers from round to round:
// 0, 1 or 2.
std::size_t ServerMemory(const ServerOptions& options);

// Adds to `parameters` the step that follows from `average`. `memory` (ServerMemory * parameters),
// zero before the first round, has the same precision.
//
// kAverage: + average (FedAvg: McMahan et al. 2017).
// kMomentum: v = momentum v + average; + learning_rate v (FedAvgM: Hsu, Qi, Brown 2019).
// kAdam: m = beta_1 m + (1 - beta_1) average, v = beta_2 v + (1 - beta_2) average^2;
//   + learning_rate m / (sqrt(v) + epsilon) (FedAdam: Reddi et al. 2021, without bias correction,
//   as there).
void ServerStep(const ServerOptions& options, const Parameters& average, Parameters& memory,
                Parameters& parameters);

}  // namespace mlp::coordinator
