// A whole coordinator: server, loop, workers, cluster and jobs, as main and in-process clusters
// start it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/base/machine_memory.h"
#include "services/coordinator/membership/membership.h"
#include "services/coordinator/nodes/node_list.h"
#include "services/coordinator/run/coordinator.h"

namespace mlp::coordinator {

// Options for a process that has the coordinator inside it, as an experiment does.
struct InProcess {
  LoadDataset load_dataset;  // instead of the datasets of clients and of the data directory
  SchedulerWaits waits;
  std::optional<std::uint64_t> scheduler_seed;  // seeds policies' draws; none: the job's seed
  bool precise_timers = false;                  // see rpc::Loop::UsePreciseTimers
  std::shared_ptr<JobLog> log;                  // instead of the files in the log directory
};

struct CoordinatorServerOptions {
  std::string listen = "0.0.0.0:9090";            // port 0: any free one
  std::optional<std::filesystem::path> data_dir;  // its subdirectories are datasets
  std::vector<Address> nodes;
  LeaseTerms lease_terms;                        // for nodes that register
  std::optional<std::filesystem::path> log_dir;  // made if it is missing; none: no job logs
  std::string default_policy = "pull";           // for jobs that name none
  std::size_t keep_jobs = 1000;                  // ended jobs remembered
  LookAtMemory memory;                           // empty: jobs are taken whatever they need
  int keep_checkpoints = 2;  // rounds of a running job whose parameters are kept; 2 or more
  // Jobs, models and the coordinator's datasets survive it here. None: they end with it.
  std::optional<std::filesystem::path> state_dir;
  std::int64_t upload_bytes = std::int64_t{16} << 30;  // of files there that are in no dataset yet
  InProcess in_process;
};

class CoordinatorServer {
 public:
  // Listens and begins to serve. Errors: the address cannot be listened on, the data directory is
  // not there, the log or the state directory cannot be made, no such policy.
  static absl::StatusOr<std::unique_ptr<CoordinatorServer>> Start(CoordinatorServerOptions options);
  // Stops with a grace of a second if Stop was not called.
  ~CoordinatorServer();

  int port() const;
  // Takes no more calls, cancels the running job, ends open calls after at most `grace`. Not on the
  // loop thread.
  void Stop(std::chrono::milliseconds grace);

 private:
  class Parts;
  explicit CoordinatorServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace mlp::coordinator
