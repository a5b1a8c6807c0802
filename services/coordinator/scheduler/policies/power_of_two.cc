#include "services/coordinator/scheduler/policies/power_of_two.h"

#include "absl/strings/str_cat.h"
#include "services/coordinator/scheduler/policies/draw.h"

namespace mlp::coordinator {

Choice PowerOfTwoPolicy::Choose(const Candidates& candidates, std::mt19937_64& random) {
  const std::size_t count = candidates.size();
  if (count == 1) return {candidates.At(0).node, "the only node"};
  const std::size_t first = DrawBelow(count, random);
  const std::size_t second = (first + 1 + DrawBelow(count - 1, random)) % count;
  const Candidate a = candidates.At(first);
  const Candidate b = candidates.At(second);
  const Candidate& less =
      b.active_attempts < a.active_attempts ? b : a;  // a is drawn: ties are fair
  const Candidate& more = &less == &a ? b : a;
  return {less.node, absl::StrCat("drawn with ", std::string(more.name), ", active attempts ",
                                  less.active_attempts, " against ", more.active_attempts)};
}

}  // namespace mlp::coordinator
