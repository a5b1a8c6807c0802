// `mlp-client train DATASET`: submits a job and follows it.
#pragma once

#include <filesystem>
#include <string>

#include "cli/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

struct TrainCommand {
  std::filesystem::path dataset;
  v1::JobSpec spec;        // what the user gave, and nothing else: the coordinator has the defaults
  std::string request_id;  // empty: a random one
  bool detach = false;
};

int Run(const Session& session, const TrainCommand& command);

// What the coordinator is to call the dataset. A path to a directory that is there becomes its last
// component, because the coordinator looks below a data directory of its own; any other name is
// passed on as it is, for the coordinator to answer.
std::string DatasetName(const std::filesystem::path& dataset);

}  // namespace mlp::cli
