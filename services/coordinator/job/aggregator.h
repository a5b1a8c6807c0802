// Sums a round's gradients in shard order, in whatever order they arrive, so that the average has
// the same bits however the round was scheduled. A gradient is added as soon as all before it are
// in, then dropped.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "libmlp/model/parameters.h"

namespace mlp::coordinator {

class Aggregator {
 public:
  // Averages `shards` gradients of `size` elements each.
  Aggregator(std::size_t shards, Precision precision, std::size_t size);
  // Computes a weighted average: shard i counts weights[i] > 0. One weight for each shard.
  Aggregator(std::vector<std::size_t> weights, Precision precision, std::size_t size);

  // Takes shard `shard`'s gradient. Internal if it is out of range or was added before,
  // InvalidArgument if size or precision differ; nothing changes then.
  absl::Status Add(std::size_t shard, SharedParameters gradient);
  // True if all gradients are in.
  bool Complete() const { return summed_ == shards_; }
  // Adds the average to `parameters`: sum / shards, or with weights sum / the sum of the weights.
  // Call it only when Complete().
  void ApplyAverageTo(Parameters& parameters) const;

 private:
  void AddNext(const Parameters& gradient);

  std::size_t shards_;
  std::vector<std::size_t> weights_;  // empty: all equal
  std::size_t summed_ = 0;            // shards 0 .. summed_ - 1 are in sum_
  Parameters sum_;                    // (size)
  // Gradients that arrived before an earlier one, by shard.
  std::map<std::size_t, SharedParameters> waiting_;
};

}  // namespace mlp::coordinator
