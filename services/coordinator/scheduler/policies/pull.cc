#include "services/coordinator/scheduler/policies/pull.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

Choice PullPolicy::Choose(const Candidates& candidates, std::mt19937_64& /*random*/) {
  const std::optional<Candidate> holder = candidates.LeastActiveHolder();
  const Candidate chosen = holder.value_or(candidates.LeastActiveAt(0));
  std::string reason = absl::StrCat("node ", std::string(chosen.name));
  if (candidates.size() == 1) {
    absl::StrAppend(&reason, " alone has a free slot");
  } else if (holder) {
    absl::StrAppend(&reason, " has the rows and is ",
                    chosen.active_attempts == 0 ? "idle" : "least active", " (of ",
                    candidates.size(), " with a free slot)");
  } else {
    absl::StrAppend(&reason, chosen.active_attempts == 0 ? " is idle longest" : " is least active",
                    " (of ", candidates.size(), " with a free slot)");
  }
  return {chosen.node, std::move(reason)};
}

}  // namespace mlp::coordinator
