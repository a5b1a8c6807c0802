#include "test/programs/chaos/problem.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"

namespace mlp::chaos {

using coordinator::JobEvent;

std::string ProblemIn(const std::vector<JobEvent>& events, const coordinator::Job& job) {
  std::map<int, std::multiset<int>> counted;  // shards of each round
  std::set<int> finished;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const JobEvent& event = events[i];
    if (event.sequence != static_cast<std::int64_t>(i) + 1) {
      return absl::StrCat("event ", event.sequence, " in place ", i + 1);
    }
    const auto* trained = std::get_if<coordinator::events::AttemptFinished>(&event.body);
    if (trained != nullptr && !trained->superseded) counted[event.round].insert(trained->shard);
    const bool ends_round = std::holds_alternative<coordinator::events::RoundFinished>(event.body);
    if (ends_round && !finished.insert(event.round).second) {
      return absl::StrCat("round ", event.round, " finished twice");
    }
  }
  const int rounds = job.spec.early_stopping ? job.rounds_done : job.spec.rounds;
  for (int round = 1; round <= rounds; ++round) {
    if (!finished.contains(round)) return absl::StrCat("round ", round, " never finished");
    for (int shard = 0; shard < static_cast<int>(job.shards); ++shard) {
      const std::size_t times = counted[round].count(shard);
      if (times == 1) continue;
      return absl::StrCat("shard ", shard, " was counted ", times, " times in round ", round);
    }
  }
  return "";
}

}  // namespace mlp::chaos
