// What the datasets below the data directory are, as a list says it. A dataset's files are read
// when they are seen first and when one of them has changed; otherwise only their names, sizes and
// times are looked at. Blocks, so call it on workers, one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/coordinator/datasets/dataset_loader.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {

// Copies the figures of a dataset that was read.
void Describe(const Dataset& dataset, DatasetRecord& record);

struct DescribedDirectory {
  DatasetRecord record;
  std::string problem;  // why it cannot be used, else empty
};

class DescribedDirectories {
 public:
  using Read =
      std::function<absl::StatusOr<std::shared_ptr<const Dataset>>(const DatasetSources& sources)>;

  explicit DescribedDirectories(std::filesystem::path data_dir, Read read);

  // Describes the directories, by name. A file that has changed less than two seconds before `now`
  // may change again without a new time, so its dataset is read the next time, too. What is
  // remembered has a bound in bytes; what is beyond it is read each time.
  std::vector<DescribedDirectory> List(std::chrono::system_clock::time_point now);

 private:
  struct Remembered {
    std::string state;  // of its files, when they were read
    DescribedDirectory described;
    std::size_t bytes = 0;
  };

  DescribedDirectory DescribeOne(const std::string& name,
                                 std::chrono::system_clock::time_point now);
  void Remember(const std::string& name, Remembered entry);
  void Forget(const std::string& name);

  const std::filesystem::path data_dir_;
  const Read read_;
  std::map<std::string, Remembered> remembered_;  // by name
  std::size_t bytes_ = 0;                         // of all that is remembered
};

}  // namespace mlp::coordinator
