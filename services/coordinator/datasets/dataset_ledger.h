// The seam to what remembers the datasets that the coordinator owns. Loop thread only.
#pragma once

#include <string>

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
};

}  // namespace mlp::coordinator
