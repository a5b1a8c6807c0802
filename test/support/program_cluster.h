// A cluster of real programs on loopback, for tests: nodes and a coordinator as processes on ports
// that the system chooses.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "test/support/process.h"

namespace mlp::test {

// Digest of the model that `train letters --preset reference` ends with.
inline const std::string kLettersDigest =
    "24c8fb8d80c1f8b2b3f61d77cacf04033620c6b1d5074b579a4acbe95a384012";

// Returns the path of one of the three programs.
std::string Program(const std::string& name);
std::filesystem::path DatasetsDirectory();

// Returns "HOST:PORT" of a server's "listening on HOST:PORT" line.
std::string ListeningAddress(Process& server);
// Returns a port of 127.0.0.1 that was free a moment ago, and that no connection takes by chance.
int FreePort();

struct ProgramClusterOptions {
  int nodes = 4;
  double load_probability = 0;
  std::string load_delay = "20ms";
  std::string policy = "pull";
  std::filesystem::path data_dir = DatasetsDirectory();
  std::filesystem::path log_dir;    // empty: no job logs
  std::filesystem::path state_dir;  // empty: none
  // Nodes register with the coordinator; otherwise it is started with their addresses.
  bool registering = false;
  int max_files = 0;  // that the coordinator may have open; 0: what this process may have
};

class ProgramCluster {
 public:
  explicit ProgramCluster(const ProgramClusterOptions& options);

  const std::string& coordinator_address() const { return coordinator_address_; }
  pid_t coordinator_pid() const { return coordinator_->pid(); }
  // Starts further nodes, which must be `registering`, and does not wait for them.
  void StartNodes(int count);
  // Kills the nodes that were started last, but for the first `count`.
  void KeepNodes(int count) { nodes_.resize(static_cast<std::size_t>(count)); }
  Process& node(int number) { return *nodes_[static_cast<std::size_t>(number)]; }
  // Starts `mlp-client --coordinator … <arguments>`.
  std::unique_ptr<Process> StartClient(std::vector<std::string> arguments) const;
  // Runs it to its end.
  ProcessResult Client(std::vector<std::string> arguments) const;
  // Sends SIGTERM to the coordinator alone and returns its exit code. Call nothing but the
  // destructor afterwards.
  int StopCoordinator();
  // Sends SIGTERM to all that still run; returns the exit codes of the coordinator and the nodes,
  // in that order.
  std::vector<int> Stop();

 private:
  void StartCoordinator(const std::string& nodes);

  const ProgramClusterOptions options_;
  std::vector<std::unique_ptr<Process>> nodes_;
  std::unique_ptr<Process> coordinator_;
  std::string coordinator_address_;
};

// Returns the 64 hexadecimal digits behind "model digest" in a summary; none if there are none.
std::string DigestIn(const std::string& summary);

}  // namespace mlp::test
