// The seam to shards that travel: where a node gets the file of a shard that is not in its data
// directory.
//
// Loop thread only, one call at a time.
#pragma once

#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "services/async/task.h"

namespace mlp::node {

class ShardSource {
 public:
  virtual ~ShardSource() = default;
  // The bytes of the file with that digest (32 bytes); they have it. FailedPrecondition where the
  // source has no such file, Unavailable where it could not be had now, Cancelled after `stop`.
  virtual async::Task<absl::StatusOr<std::string>> Fetch(std::string sha256,
                                                         std::stop_token stop) = 0;
};

}  // namespace mlp::node
