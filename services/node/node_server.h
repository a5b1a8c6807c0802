// A whole compute node in this process: server, loop thread, worker threads. A process may have any
// number of them.
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
#include "services/base/machine_memory.h"
#include "services/node/run/shard_trainer.h"

namespace mlp::node {

struct NodeServerOptions {
  std::string listen = "0.0.0.0:9091";            // host:port; port 0 takes any free one
  std::optional<std::filesystem::path> data_dir;  // has datasets that need not be fetched
  // The coordinator's host:port, to register with and to fetch shards from; empty: the
  // coordinator's configuration names this node.
  std::string coordinator;
  // The host:port that the coordinator connects to; ":port": at the host that it sees; empty: the
  // same, with the port that the node listens on.
  std::string advertise;
  int threads = 1;              // most threads for a task, 1 to 256
  int slots = 0;                // tasks held at once at most, 0 to 1,000; 0: as many as a job says
  std::string name;             // empty: host name and port, such as "host:9091"
  double load_probability = 0;  // a rejection's and, independently, a delay's; 0 to 1
  std::chrono::nanoseconds load_delay = std::chrono::seconds(3);  // >= 0
  std::uint64_t load_seed = 1;
  std::size_t memory_bytes = std::size_t{256} << 20;   // limit of parsed shards kept in memory
  std::optional<std::filesystem::path> cache_dir;      // for fetched files; none: they are not kept
  std::uint64_t cache_bytes = std::uint64_t{4} << 30;  // limit of files in cache_dir
  LookAtMemory memory;            // empty: tasks are taken whatever memory they need
  bool precise_timers = false;    // see rpc::Loop::UsePreciseTimers
  MakeShardTrainer make_trainer;  // empty: a DataTrainer; else neither data nor coordinator is
                                  // needed
};

class NodeServer {
 public:
  // Starts a node, which serves when this returns. InvalidArgument if an option is beyond its
  // range, NotFound if `data_dir` is no directory or there is neither that nor a coordinator,
  // FailedPrecondition if `cache_dir` cannot be used, Unavailable if it cannot listen on the port.
  static absl::StatusOr<std::unique_ptr<NodeServer>> Start(const NodeServerOptions& options);
  NodeServer(const NodeServer&) = delete;
  NodeServer& operator=(const NodeServer&) = delete;
  // Stops without grace if Stop was not called.
  ~NodeServer();

  int port() const;
  const std::string& name() const;
  const std::string& instance_id() const;

  // Takes no new tasks and says so to the coordinator. The future is ready when all tasks have
  // ended, after `timeout` at the latest; true if they have. Not on the loop thread; call it before
  // Stop, once.
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
