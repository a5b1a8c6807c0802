// Real runs beside simulated ones, cell by cell; the simulation uses the times that the real cell
// measured. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "services/experiment/summary.h"

namespace mlp::experiment {

struct Agreement {
  std::size_t policy = 0;
  std::size_t load = 0;
  double compute_time = 0;  // seconds, as measured and given to the simulation
  double round_trip = 0;
  Estimate real;
  Estimate simulated;

  double ratio() const { return simulated.mean / real.mean; }
};

// Returns the cells that both summaries have.
std::vector<Agreement> AgreementsOf(const Summary& real, const Summary& simulated);

// True if under each load both order the policies alike; pairs of policies whose real intervals
// overlap may stand in either order.
bool SameRanking(const std::vector<Agreement>& agreements);

}  // namespace mlp::experiment
