#include "services/coordinator/scheduler/policies/least_load.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/coordinator/scheduler/policies/draw.h"

namespace mlp::coordinator {

Choice LeastLoadPolicy::Choose(std::span<const Candidate> candidates, std::mt19937_64& random) {
  const int fewest =
      std::ranges::min_element(candidates, {}, &Candidate::active_attempts)->active_attempts;
  const auto has_fewest = [&](const Candidate& each) { return each.active_attempts == fewest; };
  const auto ties = static_cast<std::size_t>(std::ranges::count_if(candidates, has_fewest));
  std::size_t drawn = DrawBelow(ties, random);
  const auto chosen = std::ranges::find_if(
      candidates, [&](const Candidate& each) { return has_fewest(each) && drawn-- == 0; });
  std::string reason = absl::StrCat("fewest active attempts (", fewest, ")");
  if (ties > 1) absl::StrAppend(&reason, ", drawn among ", ties, " nodes");
  return {chosen->node, std::move(reason)};
}

}  // namespace mlp::coordinator
