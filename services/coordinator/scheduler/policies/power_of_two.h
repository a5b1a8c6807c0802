// Every shard is bound at once to the less active of two nodes drawn uniformly; the node may reject
// it, and then two others are drawn at once. (Mitzenmacher, The Power of Two Choices in Randomized
// Load Balancing, IEEE TPDS 12(10), 2001.)
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class PowerOfTwoPolicy final : public Policy {
 public:
  PolicyTraits traits() const override {
    return {.binding = Binding::kAtOnce,
            .rejectable = true,
            .after_rejection = AfterRejection::kRetryAtOnce};
  }
  Choice Choose(const Candidates& candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
