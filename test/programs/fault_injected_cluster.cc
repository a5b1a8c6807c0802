#include "test/programs/fault_injected_cluster.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/rpc/channel.h"
#include "test/support/program_cluster.h"

namespace mlp::test {

FaultInjectedCluster::FaultInjectedCluster(const FaultInjectedOptions& options)
    : options_(options) {
  for (int number = 0; number <= kNodes; ++number) {
    addresses_.push_back(absl::StrCat("127.0.0.1:", FreePort()));
    channels_.push_back(rpc::MakeChannel(addresses_.back()));
  }
  for (int number = 0; number < kNodes; ++number) {
    advertised_.push_back(Relayed(address(number)));
    coordinator_of_node_.push_back(Relayed(address(kCoordinator)));
  }
  coordinator_of_clients_ = Relayed(address(kCoordinator));
  programs_.resize(addresses_.size());
  Start(kCoordinator);
  for (int number = 0; number < kNodes; ++number) Start(number);
}

std::string FaultInjectedCluster::Relayed(const std::string& address) {
  if (!options_.relays) return address;
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  relays_.push_back(std::make_unique<rpc::TcpRelay>(port));
  return absl::StrCat("127.0.0.1:", relays_.back()->port());
}

std::vector<std::string> FaultInjectedCluster::Command(int number) const {
  if (number == kCoordinator) {
    return {Program("mlp-coordinator"),
            "--listen",
            address(number),
            "--data-dir",
            DatasetsDirectory().string(),
            "--state-dir",
            (directory_.path() / "state").string(),
            "--keep-jobs",
            std::to_string(options_.keep_jobs)};
  }
  const auto node = static_cast<std::size_t>(number);
  return {Program("mlp-node"),
          "--listen",
          address(number),
          "--advertise",
          advertised_[node],
          "--coordinator",
          coordinator_of_node_[node],
          "--name",
          absl::StrCat("node-", number + 1),
          "--data-dir",
          DatasetsDirectory().string(),
          "--load-probability",
          options_.load_probability,
          "--load-delay",
          options_.load_delay};
}

void FaultInjectedCluster::Start(int number) {
  auto& process = programs_[static_cast<std::size_t>(number)];
  process = std::make_unique<Process>(Command(number));
  if (number == kCoordinator) process->WaitForLine("listening on");
}

v1::GetNodeResponse FaultInjectedCluster::AskNode(int number) const {
  const auto stub = v1::NodeService::NewStub(channel(number));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::GetNodeResponse response;
  const grpc::Status status = stub->GetNode(&context, v1::GetNodeRequest(), &response);
  if (!status.ok()) {
    throw std::runtime_error(absl::StrCat("GetNode of node-", number + 1, ": ", status.error_code(),
                                          " ", status.error_message()));
  }
  return response;
}

std::unique_ptr<Process> FaultInjectedCluster::Client(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(),
                   {Program("mlp-client"), "--coordinator", coordinator_of_clients_, "--json"});
  return std::make_unique<Process>(std::move(arguments));
}

std::unique_ptr<Process> FaultInjectedCluster::Train() const {
  std::vector<std::string> arguments{"train", "letters", "--max-retries", "100000"};
  const std::vector<std::string> plain{"--preset", "reference"};
  const std::vector<std::string> everything{"--solver",
                                            "adam",
                                            "--hidden",
                                            "24,16",
                                            "--rounds",
                                            "60",
                                            "--batch-size",
                                            "100",
                                            "--dropout",
                                            "0.1",
                                            "--clip-norm",
                                            "1",
                                            "--label-smoothing",
                                            "0.1",
                                            "--class-weight",
                                            "balanced",
                                            "--schedule",
                                            "cosine",
                                            "--warm-up-rounds",
                                            "3",
                                            "--weighting",
                                            "by-rows",
                                            "--server-optimizer",
                                            "adam",
                                            "--early-stopping",
                                            "--patience",
                                            "4",
                                            "--min-improvement",
                                            "0.02",
                                            "--precision",
                                            "float32"};
  const auto& options = options_.everything ? everything : plain;
  arguments.insert(arguments.end(), options.begin(), options.end());
  if (!options_.hedging) arguments.insert(arguments.end(), {"--hedge", "off"});
  return Client(std::move(arguments));
}

}  // namespace mlp::test
