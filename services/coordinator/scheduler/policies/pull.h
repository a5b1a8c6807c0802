// Late binding: a shard is bound only when a node has a free slot, to the node that is free
// longest. A node that rejected cools down while the shard is offered elsewhere.
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class PullPolicy final : public Policy {
 public:
  OfferTerms terms() const override { return {.queue_when_busy = false, .rejectable = true}; }
  AfterRejection after_rejection() const override { return AfterRejection::kCoolDownNode; }
  std::optional<int> slots() const override { return 1; }
  Choice Choose(std::span<const Candidate> candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
