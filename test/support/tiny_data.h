// A tiny dataset, five shards of six rows, two features, three classes, in a directory of its own,
// and the job that the simulated client wants done.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mlp::coordinator {
struct Dataset;
}  // namespace mlp::coordinator

namespace mlp::chaos {

class TinyData {
 public:
  // Returns the directory that has the dataset "tiny"; it is made on the first call and removed
  // with the process.
  static const std::filesystem::path& Path();
  static absl::StatusOr<std::shared_ptr<const coordinator::Dataset>> Dataset();
  static coordinator::JobSpec Job();
  // Returns the same with every option of training switched on; it stops early.
  static coordinator::JobSpec JobWithEverything();
};

}  // namespace mlp::chaos
