// Every shard is bound at once to a node drawn uniformly; a busy node queues it. The reference
// system's policy 1.
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class RandomPolicy final : public Policy {
 public:
  OfferTerms terms() const override { return {.queue_when_busy = true, .rejectable = false}; }
  AfterRejection after_rejection() const override { return AfterRejection::kBackOffShard; }
  std::optional<int> slots() const override { return std::nullopt; }
  Choice Choose(std::span<const Candidate> candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
