// Sums a round's gradients in shard order, whatever order they arrive in, so that the average has
// the same bits however the round was scheduled. A gradient is added as soon as all before it are
// in, then dropped.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "libmlp/model/parameters.h"

namespace mlp::coordinator {

class Aggregator {
 public:
  // For `shards` gradients of `size` elements each.
  Aggregator(std::size_t shards, Precision precision, std::size_t size);
  // A weighted average: shard i counts weights[i] > 0. One for each shard.
  Aggregator(std::vector<std::size_t> weights, Precision precision, std::size_t size);

  // Takes shard `shard`'s gradient. Internal where it is out of range or was added before,
  // InvalidArgument where size or precision differ; nothing changes then.
  absl::Status Add(std::size_t shard, std::shared_ptr<const Parameters> gradient);
  // All gradients are in.
  bool Complete() const { return summed_ == shards_; }
  // parameters += average, which is sum / shards, or with weights sum / the sum of them. Only when
  // Complete().
  void ApplyAverageTo(Parameters& parameters) const;

 private:
  void AddNext(const Parameters& gradient);

  std::size_t shards_;
  std::vector<std::size_t> weights_;  // empty: all the same
  std::size_t summed_ = 0;            // shards 0 .. summed_ - 1 are in sum_
  Parameters sum_;                    // (size)
  // By shard: arrived before an earlier one.
  std::map<std::size_t, std::shared_ptr<const Parameters>> waiting_;
};

}  // namespace mlp::coordinator
