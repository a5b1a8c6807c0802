#include "services/experiment/bounds.h"

#include <algorithm>
#include <cmath>

namespace mlp::experiment {

std::vector<Bound> BoundsOf(const Experiment& experiment, const LoadCase& load) {
  const double compute = std::chrono::duration<double>(experiment.compute_time).count();
  const double delay = std::chrono::duration<double>(experiment.load_delay).count();
  const double rounds = experiment.rounds;
  const double shards = experiment.shards;
  const auto nodes = static_cast<double>(load.probabilities.size());
  const double even = std::ceil(shards / nodes) * compute;  // computing of an evenly divided round

  double speed = 0;  // shards a second, all nodes together
  double all = 1;
  for (const double p : load.probabilities) {
    speed += 1 / (compute + p * delay);
    all *= p;
  }
  const double least = *std::ranges::min_element(load.probabilities);
  const auto held_up = [&](double probability) {
    const double some = 1 - std::pow(1 - probability, shards);
    return rounds * (some * std::max(delay + compute, even) + (1 - some) * even);
  };
  return {{"computing alone", rounds * even},
          {"one copy, one slot", rounds * std::max(shards / speed, 0.0)},
          {"one copy, any slots", held_up(least)},
          {"copies, any slots", held_up(all)}};
}

}  // namespace mlp::experiment
