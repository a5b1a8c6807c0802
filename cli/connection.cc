#include "cli/connection.h"

#include "services/rpc/channel.h"

namespace mlp::cli {

Connection::Connection(const std::string& address, Interrupt& interrupt) : interrupt_(interrupt) {
  const auto channel = rpc::MakeChannel(address);
  jobs_ = v1::JobService::NewStub(channel);
  cluster_ = v1::ClusterService::NewStub(channel);
}

}  // namespace mlp::cli
