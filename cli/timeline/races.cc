#include "cli/timeline/races.h"

#include <cstddef>
#include <map>

namespace mlp::cli::timeline {
namespace {

// A copy of a copy races with the first of them, too.
std::int64_t FirstOf(const std::map<std::int64_t, std::int64_t>& originals, std::int64_t id) {
  for (auto at = originals.find(id); at != originals.end() && at->second != 0 && at->second < id;
       at = originals.find(id)) {
    id = at->second;
  }
  return id;
}

Race RaceOf(const Attempt& attempt, bool decided) {
  if (attempt.outcome == Outcome::kFinished) return Race::kWon;
  if (attempt.outcome == Outcome::kOpen && !decided) return Race::kOpen;
  return Race::kLost;
}

}  // namespace

void DecideRaces(std::vector<Attempt>& attempts) {
  std::map<std::int64_t, std::int64_t> originals;
  for (const Attempt& attempt : attempts) originals[attempt.id] = attempt.hedge_of;

  std::map<std::int64_t, std::vector<Attempt*>> races;
  for (Attempt& attempt : attempts) {
    if (attempt.outcome == Outcome::kRejected) continue;
    races[FirstOf(originals, attempt.id)].push_back(&attempt);
  }
  for (const auto& [first, runners] : races) {
    if (runners.size() < 2) continue;
    bool decided = false;
    for (const Attempt* runner : runners) decided |= runner->outcome == Outcome::kFinished;
    for (Attempt* runner : runners) runner->race = RaceOf(*runner, decided);
  }
}

}  // namespace mlp::cli::timeline
