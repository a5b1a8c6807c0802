// Late binding: a shard is bound only when a node has a free slot, and to one of the least active
// nodes. One that trained it before, and so has its rows, goes first, then the one that is free
// longest. A node that rejected cools down while the shard is offered elsewhere. (Ousterhout and
// others, Sparrow, SOSP 2013.)
#pragma once

#include "services/coordinator/scheduler/policy.h"

namespace mlp::coordinator {

class PullPolicy final : public Policy {
 public:
  PolicyTraits traits() const override {
    return {.binding = Binding::kWhenFree,
            .rejectable = true,
            .after_rejection = AfterRejection::kCoolDownNode};
  }
  Choice Choose(const Candidates& candidates, std::mt19937_64& random) override;
};

}  // namespace mlp::coordinator
