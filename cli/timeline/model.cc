#include "cli/timeline/model.h"

#include <set>
#include <string>
#include <utility>

#include "cli/timeline/before_start.h"
#include "cli/timeline/fold.h"
#include "cli/timeline/races.h"
#include "services/simulation/recorded_job.h"

namespace mlp::cli::timeline {
namespace {

// The nodes that are known to have no injected load.
std::set<std::string> WithoutLoad(const std::vector<NodeFacts>& nodes) {
  std::set<std::string> names;
  for (const NodeFacts& node : nodes) {
    if (!node.present.empty() && node.load_probability == 0) names.insert(node.name);
  }
  return names;
}

}  // namespace

Timeline BuildTimeline(const std::vector<v1::JobEvent>& events) {
  Fold fold;
  for (const v1::JobEvent& event : events) fold.Apply(event);
  std::vector<NodeFacts> nodes = fold.Nodes();
  Timeline timeline = fold.TakeFacts();

  std::vector<Attempt>& attempts = timeline.attempts;
  DecideRaces(attempts);
  // A node without slots queues first.
  const bool holds_up_first = simulation::GivesSlots(timeline.policy);
  const auto waits = WaitsBeforeStart(attempts, WithoutLoad(nodes), holds_up_first);
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    attempts[i].phases = PhasesOf(attempts[i], waits[i]);
  }
  timeline.lanes = LayLanes(std::move(nodes), attempts, timeline.begin, timeline.end);
  return timeline;
}

Time TimeIn(const Timeline& timeline, Kind kind) {
  Time sum{};
  for (const Lane& lane : timeline.lanes) sum += TimeIn(lane, kind);
  return sum;
}

}  // namespace mlp::cli::timeline
