#include "services/coordinator/scheduler/policies/pull.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

Choice PullPolicy::Choose(std::span<const Candidate> candidates, std::mt19937_64& /*random*/) {
  // min_element returns the first of several: the lowest number.
  const auto chosen = std::ranges::min_element(candidates, {}, &Candidate::free_since);
  const std::string_view how =
      candidates.size() == 1 ? " is the only one free" : " is free longest";
  std::string reason = absl::StrCat("node ", std::string(chosen->name), std::string(how));
  if (candidates.size() > 1) absl::StrAppend(&reason, " (of ", candidates.size(), " free)");
  return {chosen->node, std::move(reason)};
}

}  // namespace mlp::coordinator
