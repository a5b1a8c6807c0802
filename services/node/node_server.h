// A whole compute node in this process: server, loop thread, worker threads. Any number of them may
// live in one process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/node/run/shard_trainer.h"

namespace mlp::node {

struct NodeServerOptions {
  std::string listen = "0.0.0.0:9091";            // host:port; port 0 takes any free one
  std::optional<std::filesystem::path> data_dir;  // of datasets that need not be fetched
  std::string coordinator;  // host:port, to register with and to fetch shards from; empty: it is
                            // configured there
  std::string advertise;  // host:port where the coordinator connects to; ":port": at the host that
                          // it sees; empty: that, with the port that it listens on
  int threads = 1;        // that a task computes on at most, 1 to 256
  int slots = 0;          // tasks held at once at most, 0 to 1,000; 0: as many as a job says
  std::string name;       // empty: host name and port, such as "host:9091"
  double load_probability = 0;  // of a rejection and, independently, of a delay; 0 to 1
  std::chrono::nanoseconds load_delay = std::chrono::seconds(3);  // >= 0
  std::uint64_t load_seed = 1;
  std::size_t memory_bytes = std::size_t{256} << 20;   // of parsed shards kept in memory
  std::optional<std::filesystem::path> cache_dir;      // of fetched files; none: they are not kept
  std::uint64_t cache_bytes = std::uint64_t{4} << 30;  // of files in cache_dir
  bool precise_timers = false;                         // see rpc::Loop::UsePreciseTimers
  MakeShardTrainer make_trainer;  // empty: a DataTrainer; else neither data nor coordinator is
                                  // needed
};

class NodeServer {
 public:
  // Serves when it returns. InvalidArgument where an option is beyond its range, NotFound where
  // `data_dir` is no directory or there is neither that nor a coordinator, FailedPrecondition where
  // `cache_dir` cannot be used, Unavailable where the port cannot be had.
  static absl::StatusOr<std::unique_ptr<NodeServer>> Start(const NodeServerOptions& options);
  NodeServer(const NodeServer&) = delete;
  NodeServer& operator=(const NodeServer&) = delete;
  // Stops without grace where that was not done.
  ~NodeServer();

  int port() const;
  const std::string& name() const;
  const std::string& instance_id() const;

  // Takes nothing new and says so to the coordinator. Ready when all that is held has ended, after
  // `timeout` at the latest: whether it has. Not on the loop thread; before Stop, once.
  std::future<bool> Drain(std::chrono::nanoseconds timeout);
  // Rejects new tasks and ends those that have not started; the one that computes is cancelled
  // after `grace`. Returns when everything has ended. Not on the loop thread.
  void Stop(std::chrono::milliseconds grace);

 private:
  class Parts;
  explicit NodeServer(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace mlp::node
