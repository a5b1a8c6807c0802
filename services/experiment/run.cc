#include "services/experiment/run.h"

namespace mlp::experiment {

std::vector<RunKey> RunsOf(const Experiment& experiment, Mode mode) {
  std::vector<RunKey> runs;
  for (std::size_t policy = 0; policy < experiment.policies.size(); ++policy) {
    for (std::size_t load = 0; load < experiment.loads.size(); ++load) {
      for (const std::uint64_t seed : SeedsOf(experiment, mode)) {
        runs.push_back({policy, load, seed});
      }
    }
  }
  return runs;
}

}  // namespace mlp::experiment
