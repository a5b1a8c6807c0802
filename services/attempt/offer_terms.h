// The terms on which the coordinator offers a task to a node.
#pragma once

namespace mlp {

struct OfferTerms {
  // Tasks that the node may hold at once: their hold-ups overlap, one at a time computes. 0: any
  // number, and the node holds up and computes one after the other.
  int slots = 0;
  bool rejectable = true;  // injected load may reject it
  friend bool operator==(const OfferTerms&, const OfferTerms&) = default;
};

}  // namespace mlp
