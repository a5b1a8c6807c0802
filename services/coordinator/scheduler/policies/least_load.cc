#include "services/coordinator/scheduler/policies/least_load.h"

#include "absl/strings/str_cat.h"
#include "services/coordinator/scheduler/policies/draw.h"

namespace mlp::coordinator {

Choice LeastLoadPolicy::Choose(const Candidates& candidates, std::mt19937_64& random) {
  const std::size_t ties = candidates.least_active();
  const Candidate chosen = candidates.LeastActiveAt(DrawBelow(ties, random));
  std::string reason = absl::StrCat("fewest active attempts (", chosen.active_attempts, ")");
  if (ties > 1) absl::StrAppend(&reason, ", drawn among ", ties, " nodes");
  return {chosen.node, std::move(reason)};
}

}  // namespace mlp::coordinator
