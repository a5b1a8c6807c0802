// Every shard is bound at once to a node drawn uniformly; a busy node queues it, none rejects it.
// This is the reference system's policy 1.
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class RandomPolicy final : public Policy {
 public:
  PolicyTraits traits() const override {
    return {.binding = Binding::kAtOnce,
            .rejectable = false,
            .after_rejection = AfterRejection::kBackOffShard};
  }
  Choice Choose(const Candidates& candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
