#include "services/coordinator/job/dataset.h"

#include <numeric>

#include "services/base/sha256.h"

namespace mlp::coordinator {

std::size_t Dataset::training_rows() const {
  return std::accumulate(
      shards.begin(), shards.end(), std::size_t{0},
      [](std::size_t sum, const TrainingShard& shard) { return sum + shard.rows; });
}

std::string Dataset::digest() const {
  std::string digests;
  for (const TrainingShard& shard : shards) digests += shard.sha256;
  return Hex(Sha256(digests + validation_sha256 + schema_sha256));
}

}  // namespace mlp::coordinator
