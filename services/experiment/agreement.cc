#include "services/experiment/agreement.h"

namespace mlp::experiment {

std::vector<Agreement> AgreementsOf(const Summary& real, const Summary& simulated) {
  std::vector<Agreement> agreements;
  for (const Cell& cell : real.cells) {
    const Cell* twin = simulated.Find(cell.policy, cell.load);
    if (twin == nullptr) continue;
    Agreement agreement;
    agreement.policy = cell.policy;
    agreement.load = cell.load;
    agreement.compute_time = cell.compute_time;
    agreement.round_trip = cell.round_trip;
    agreement.real = cell.makespan;
    agreement.simulated = twin->makespan;
    agreements.push_back(agreement);
  }
  return agreements;
}

bool SameRanking(const std::vector<Agreement>& agreements) {
  for (const Agreement& a : agreements) {
    for (const Agreement& b : agreements) {
      if (a.load != b.load || a.real.high() >= b.real.low()) continue;
      if (a.simulated.mean >= b.simulated.mean) return false;  // a is faster in reality
    }
  }
  return true;
}

}  // namespace mlp::experiment
