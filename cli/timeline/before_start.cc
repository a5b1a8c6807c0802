#include "cli/timeline/before_start.h"

#include <algorithm>
#include <map>
#include <string>

namespace mlp::cli::timeline {
namespace {

// A message of a node may reach the coordinator this much later than another.
constexpr Time kJitter = std::chrono::milliseconds(2);

using Indices = std::vector<std::size_t>;

bool NeverStarted(const Attempt& attempt) {
  return attempt.accepted && !attempt.started && !attempt.has_result();
}

Time WaitEnd(const Attempt& attempt) {
  return attempt.cancelled_at ? std::min(*attempt.cancelled_at, attempt.end) : attempt.end;
}

// The time until which `ours`, which never started, was held up. `node` has the attempts on its
// node.
Time HeldUpFirst(const std::vector<Attempt>& attempts, const Indices& node, const Attempt& ours) {
  const Time end = WaitEnd(ours);
  Time until = *ours.accepted;
  bool computing = false;
  for (const std::size_t i : node) {
    const Attempt& other = attempts[i];
    if (!other.started || *other.started > end) continue;
    until = std::max(until, *other.started - other.queued_for);
    computing = computing || other.end + kJitter > end;
  }
  return computing ? until : end;
}

Time QueuedFirst(const std::vector<Attempt>& attempts, const Indices& node, const Attempt& ours) {
  Time until = *ours.accepted;
  for (const std::size_t i : node) {
    const Attempt& other = attempts[i];
    if (!other.accepted || &other == &ours || *other.accepted > *ours.accepted) continue;
    if (*other.accepted == *ours.accepted && other.id > ours.id) continue;
    until = std::max(until, other.end);
  }
  return until;
}

}  // namespace

std::vector<BeforeStart> WaitsBeforeStart(const std::vector<Attempt>& attempts,
                                          const std::set<std::string>& nodes_without_load,
                                          bool holds_up_first) {
  std::map<std::string, Indices> nodes;
  for (std::size_t i = 0; i < attempts.size(); ++i) nodes[attempts[i].node].push_back(i);

  std::vector<BeforeStart> waits(attempts.size(), BeforeStart{holds_up_first, {}, {}});
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const Attempt& ours = attempts[i];
    if (!NeverStarted(ours)) continue;
    if (nodes_without_load.contains(ours.node)) {
      waits[i].queued_until = WaitEnd(ours);
    } else if (holds_up_first) {
      waits[i].held_until = HeldUpFirst(attempts, nodes[ours.node], ours);
    } else {
      waits[i].queued_until = QueuedFirst(attempts, nodes[ours.node], ours);
      waits[i].held_until = WaitEnd(ours);
    }
  }
  return waits;
}

}  // namespace mlp::cli::timeline
