// The seam to what remembers the datasets that the coordinator owns, and the jobs that use them.
// Loop thread only.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/async/task.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {

class DatasetLedger {
 public:
  virtual ~DatasetLedger() = default;
  // New, or instead of the one that has its name. OK: it cannot be lost any more.
  virtual async::Task<absl::Status> Save(DatasetRecord dataset) = 0;
  virtual async::Task<absl::Status> Remove(std::string name) = 0;
  // The ids of the jobs that use the dataset of that name and have not ended.
  virtual std::vector<std::string> UsersOf(const std::string& dataset) const = 0;
};

}  // namespace mlp::coordinator
