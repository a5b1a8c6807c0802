// Lower bounds that no policy can beat, in the mean over all draws of load. Pure; messages take no
// time here.
#pragma once

#include <string>
#include <vector>

#include "services/experiment/spec.h"

namespace mlp::experiment {

struct Bound {
  std::string label;
  double seconds = 0;  // the time of a job
};

// Returns these bounds, for S shards, N nodes, R rounds, c to compute a shard, delay d and
// probabilities p_i:
// - computing alone: R ceil(S/N) c
// - one copy, one slot: R S / sum over nodes of 1 / (c + p_i d), as if work could be divided
// - one copy, any slots: a round is held up unless all shards get through on the best node: with
//   P = 1 - (1 - min p_i)^S it takes at least P (d + c) + (1 - P) ceil(S/N) c
// - copies, any slots: the same with P = 1 - (1 - product of p_i)^S: held up on every node
std::vector<Bound> BoundsOf(const Experiment& experiment, const LoadCase& load);

}  // namespace mlp::experiment
