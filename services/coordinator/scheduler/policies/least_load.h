// Every shard is bound at once to the node with the fewest active attempts, ties drawn; the node
// may reject it, and then the shard backs off. This is the reference system's policy 2, which holds
// the lock of its table while it asks a node, so that shards are offered one after the other.
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class LeastLoadPolicy final : public Policy {
 public:
  PolicyTraits traits() const override {
    return {.binding = Binding::kAtOnce,
            .rejectable = true,
            .after_rejection = AfterRejection::kBackOffShard,
            .one_offer_at_a_time = true};
  }
  Choice Choose(const Candidates& candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
