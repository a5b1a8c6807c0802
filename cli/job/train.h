// `mlp-client train DATASET`: submits a job and follows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

// The options of a cluster inside this process, for this job alone.
struct LocalOptions {
  int nodes = 4;
  std::vector<double> load_probabilities;  // one per node, or one for all; none: no load
  std::chrono::nanoseconds load_delay = std::chrono::seconds(3);
  std::uint64_t load_seed = 1;
  std::filesystem::path data_dir;                // empty: the directory that the dataset is in
  std::optional<std::filesystem::path> log_dir;  // for the job's log; none: it is not kept
};

struct TrainCommand {
  std::filesystem::path dataset;
  v1::JobSpec spec;        // what the user gave, and nothing else: the coordinator has the defaults
  std::string request_id;  // empty: a random one
  bool detach = false;
  std::filesystem::path save;  // file for the model, as `model export` writes it; empty: none
  std::optional<LocalOptions> local;  // none: the coordinator of the session
};

// An interrupt detaches from a coordinator's job, which goes on; it ends a local one.
int Run(const Session& session, const TrainCommand& command);

// A function that gets a session with the cluster's coordinator, and the dataset's name there.
using OnCluster = std::function<int(const Session& session, const std::string& dataset)>;

// Starts the cluster and calls `run`, whose exit code it returns. Says why if the cluster cannot
// start or `dataset` is no directory.
int OnLocalCluster(const Session& session, const LocalOptions& local,
                   const std::filesystem::path& dataset, const OnCluster& run);

// The dataset's name for the coordinator. A path to a directory that exists becomes its last
// component, because the coordinator looks below a data directory of its own. Any other name stays
// as it is, for the coordinator to answer.
std::string DatasetName(const std::filesystem::path& dataset);

}  // namespace mlp::cli
