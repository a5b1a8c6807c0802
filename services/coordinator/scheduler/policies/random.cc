#include "services/coordinator/scheduler/policies/random.h"

#include "absl/strings/str_cat.h"
#include "services/coordinator/scheduler/policies/draw.h"

namespace mlp::coordinator {

Choice RandomPolicy::Choose(const Candidates& candidates, std::mt19937_64& random) {
  const Candidate drawn = candidates.At(DrawBelow(candidates.size(), random));
  if (candidates.size() == 1) return {drawn.node, "the only node"};
  return {drawn.node, absl::StrCat("drawn uniformly among ", candidates.size(), " nodes")};
}

}  // namespace mlp::coordinator
