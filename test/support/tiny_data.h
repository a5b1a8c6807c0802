// A tiny dataset, five shards of six rows, two features, three classes, and jobs that train on it.
#pragma once

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "services/coordinator/job/dataset.h"
#include "services/coordinator/job/job_spec.h"

namespace mlp::coordinator {
struct Dataset;
}  // namespace mlp::coordinator

namespace mlp::test {

class TinyData {
 public:
  static constexpr int kShards = 5;

  // Makes the dataset "tiny" below the directory.
  static void WriteTo(const std::filesystem::path& directory);

  // Returns the directory that has the dataset "tiny"; it is made on the first call and removed
  // with the process. Nobody changes its files.
  static const std::filesystem::path& Path();
  static absl::StatusOr<std::shared_ptr<const coordinator::Dataset>> Dataset();
  static coordinator::JobSpec Job();
  // Returns the same with every option of training switched on; it stops early.
  static coordinator::JobSpec JobWithEverything();
};

}  // namespace mlp::test
