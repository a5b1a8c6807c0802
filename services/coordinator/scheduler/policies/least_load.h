// Every shard is bound at once to the node with the fewest active attempts, ties drawn; the node
// may reject it, and then the shard backs off. The reference system's policy 2.
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class LeastLoadPolicy final : public Policy {
 public:
  OfferTerms terms() const override { return {.queue_when_busy = true, .rejectable = true}; }
  AfterRejection after_rejection() const override { return AfterRejection::kBackOffShard; }
  std::optional<int> slots() const override { return std::nullopt; }
  Choice Choose(std::span<const Candidate> candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
