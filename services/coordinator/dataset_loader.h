// Reads the datasets below a data directory.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/coordinator/job.h"

namespace mlp::coordinator {

// Reads and checks every file of `data_dir`/`name`. NotFound where there is no such dataset, with
// the names of those there are; InvalidArgument where a file is malformed (file:line:column), files
// differ in their number of features, or `name` leads out of `data_dir`. Any thread.
absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const std::filesystem::path& data_dir,
                                                           const std::string& name);

// The rows of one file below `data_dir`. The same errors.
absl::StatusOr<Shard> ReadRows(const std::filesystem::path& data_dir, const std::string& name);

}  // namespace mlp::coordinator
