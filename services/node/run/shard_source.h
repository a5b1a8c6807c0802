// The seam to the files of shards that are not in the node's data directory.
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
  // Gets the bytes of the file with that digest (32 bytes), which it has checked.
  // FailedPrecondition if the source has no such file, Unavailable if it cannot get it now,
  // Cancelled after `stop`.
  virtual async::Task<absl::StatusOr<std::string>> Fetch(std::string sha256,
                                                         std::stop_token stop) = 0;
};

}  // namespace mlp::node
