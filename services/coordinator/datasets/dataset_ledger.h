// The seam to the record of the datasets that the coordinator owns, and of the jobs that use them.
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
  // Records a new dataset, or one that replaces that of its name. OK: it cannot be lost any more.
  virtual async::Task<absl::Status> Save(DatasetRecord dataset) = 0;
  virtual async::Task<absl::Status> Remove(std::string name) = 0;
  // Returns the ids of the jobs that use the dataset of that name and have not ended.
  virtual std::vector<std::string> UsersOf(const std::string& dataset) const = 0;
};

}  // namespace mlp::coordinator
