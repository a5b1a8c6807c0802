// Sends the files of a dataset that the coordinator lacks, in pieces.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mlp/v1/dataset.pb.h"

namespace mlp::cli {

class DatasetClient;

// The files to send: names, digests and lengths, and the paths of their bytes.
struct UploadPlan {
  v1::PlanDatasetRequest request;
  std::map<std::string, std::filesystem::path> paths;  // by digest
};

struct Uploaded {
  int files = 0;           // files of which at least the rest was sent
  std::int64_t bytes = 0;  // bytes that were sent
};

// Finds and digests the files of the dataset in `directory`. NotFound, InvalidArgument.
absl::StatusOr<UploadPlan> PlanUpload(const std::filesystem::path& directory,
                                      const std::string& name);

// Sends the files that the coordinator lacks, and goes on after a lost connection, some times in a
// row. Calls `progress` after each piece. Blocks.
absl::StatusOr<Uploaded> SendMissing(
    DatasetClient& client, const UploadPlan& plan,
    const std::function<void(const Uploaded& so_far, const std::string& file)>& progress);

}  // namespace mlp::cli
