// The real programs on loopback, for tests that inject faults: a coordinator with a state
// directory, and nodes that register with it. Each can be started again at its address, and every
// connection between them, and from clients, may pass a relay that can break it.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "mlp/v1/node.pb.h"
#include "test/support/process.h"
#include "test/support/scratch.h"
#include "test/support/tcp_relay.h"

namespace mlp::test {

struct FaultInjectedOptions {
  std::string load_probability = "0";
  std::string load_delay = "200ms";
  bool hedging = true;
  bool relays = false;
  bool everything = false;  // Train() has every option of training on, and stops early
  int keep_jobs = 1000;
};

class FaultInjectedCluster {
 public:
  static constexpr int kNodes = 4;
  static constexpr int kCoordinator = kNodes;  // its number among the programs; nodes are 0 to 3

  explicit FaultInjectedCluster(const FaultInjectedOptions& options = {});

  Process& program(int number) { return *programs_[static_cast<std::size_t>(number)]; }
  // The address that the program listens on, even if a relay stands before it.
  const std::string& address(int number) const {
    return addresses_[static_cast<std::size_t>(number)];
  }
  // Starts a program once its predecessor has ended. Waits until a coordinator listens.
  void Start(int number);
  // The relays; empty without relays.
  const std::vector<std::unique_ptr<rpc::TcpRelay>>& relays() const { return relays_; }

  // A channel to a program, past the relays; its connection stays open.
  const std::shared_ptr<grpc::Channel>& channel(int number) const {
    return channels_[static_cast<std::size_t>(number)];
  }
  // Returns a node's answer to GetNode. Throws if it does not answer within 10 s.
  v1::GetNodeResponse AskNode(int number) const;
  // Starts `mlp-client --json <arguments>`.
  std::unique_ptr<Process> Client(std::vector<std::string> arguments) const;
  // Starts the client that trains the letters.
  std::unique_ptr<Process> Train() const;

 private:
  std::vector<std::string> Command(int number) const;
  // Returns `address`, or that of a new relay before it.
  std::string Relayed(const std::string& address);

  const FaultInjectedOptions options_;
  Scratch directory_;
  std::vector<std::string> addresses_;  // the programs' addresses
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<rpc::TcpRelay>> relays_;
  // Addresses for each node: that at which the coordinator finds it, and that at which it finds the
  // coordinator.
  std::vector<std::string> advertised_;
  std::vector<std::string> coordinator_of_node_;
  std::string coordinator_of_clients_;
  std::vector<std::unique_ptr<Process>> programs_;
};

}  // namespace mlp::test
