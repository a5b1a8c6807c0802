#include "test/support/program_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <regex>
#include <utility>

namespace mlp::test {

std::string Program(const std::string& name) { return std::string(MLP_BIN_DIR) + "/" + name; }

std::filesystem::path DatasetsDirectory() {
  return std::filesystem::path(MLP_SOURCE_DIR) / "datasets";
}

std::string ListeningAddress(Process& server) {
  const std::string line = server.WaitForLine("listening on ");
  return line.substr(line.find("listening on ") + 13);
}

// Picks a port below those that the system gives to connections: one of these might take the port
// while its program is down.
int FreePort() {
  static std::mt19937 random{std::random_device()()};
  while (true) {
    const int port = std::uniform_int_distribution<>(15'000, 31'000)(random);
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool free = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (free) return port;
  }
}

ProgramCluster::ProgramCluster(const ProgramClusterOptions& options) : options_(options) {
  if (options.registering) {
    StartCoordinator("");
    StartNodes(options.nodes);
    return;
  }
  StartNodes(options.nodes);
  std::string addresses;
  for (auto& node : nodes_) {
    if (!addresses.empty()) addresses += ',';
    addresses += ListeningAddress(*node);
  }
  StartCoordinator(addresses);
}

void ProgramCluster::StartNodes(int count) {
  for (int i = 0; i < count; ++i) {
    std::vector<std::string> command{Program("mlp-node"),
                                     "--listen",
                                     "127.0.0.1:0",
                                     "--data-dir",
                                     options_.data_dir.string(),
                                     "--name",
                                     "node-" + std::to_string(nodes_.size() + 1),
                                     "--load-probability",
                                     std::to_string(options_.load_probability),
                                     "--load-delay",
                                     options_.load_delay};
    if (options_.registering) {
      command.insert(command.end(), {"--coordinator", coordinator_address_});
    }
    nodes_.push_back(std::make_unique<Process>(std::move(command)));
  }
}

void ProgramCluster::StartCoordinator(const std::string& nodes) {
  std::vector<std::string> command;
  if (options_.max_files > 0) {
    command = {"sh", "-c", "ulimit -n " + std::to_string(options_.max_files) + "; exec \"$@\"",
               "sh"};
  }
  command.insert(command.end(),
                 {Program("mlp-coordinator"), "--listen", "127.0.0.1:0", "--data-dir",
                  options_.data_dir.string(), "--default-policy", options_.policy});
  if (!nodes.empty()) command.insert(command.end(), {"--nodes", nodes});
  if (!options_.log_dir.empty()) {
    command.insert(command.end(), {"--log-dir", options_.log_dir.string()});
  }
  if (!options_.state_dir.empty()) {
    command.insert(command.end(), {"--state-dir", options_.state_dir.string()});
  }
  coordinator_ = std::make_unique<Process>(command);
  coordinator_address_ = ListeningAddress(*coordinator_);
}

std::unique_ptr<Process> ProgramCluster::StartClient(std::vector<std::string> arguments) const {
  std::vector<std::string> command{Program("mlp-client"), "--coordinator", coordinator_address_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(std::move(command));
}

ProcessResult ProgramCluster::Client(std::vector<std::string> arguments) const {
  return StartClient(std::move(arguments))->Wait(std::chrono::seconds(600));
}

int ProgramCluster::StopCoordinator() {
  coordinator_->Signal(SIGTERM);
  return coordinator_->Wait().exit_code;
}

std::vector<int> ProgramCluster::Stop() {
  std::vector<int> codes{StopCoordinator()};
  for (auto& node : nodes_) node->Signal(SIGTERM);
  for (auto& node : nodes_) codes.push_back(node->Wait().exit_code);
  return codes;
}

std::string DigestIn(const std::string& summary) {
  std::smatch match;
  if (!std::regex_search(summary, match, std::regex("model digest +([0-9a-f]{64})"))) return "";
  return match[1];
}

}  // namespace mlp::test
