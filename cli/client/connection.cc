#include "cli/client/connection.h"

#include <algorithm>
#include <utility>

#include "services/rpc/channel.h"

namespace mlp::cli {
namespace {

using SystemClock = std::chrono::system_clock;

constexpr std::chrono::seconds kPatience(2);
// An interrupt is seen after so long.
constexpr std::chrono::milliseconds kLook(50);

}  // namespace

Connection::Connection(std::string address, Interrupt& interrupt, std::ostream& err)
    : address_(std::move(address)),
      interrupt_(interrupt),
      err_(err),
      channel_(rpc::MakeChannel(address_)),
      jobs_(v1::JobService::NewStub(channel_)),
      cluster_(v1::ClusterService::NewStub(channel_)),
      datasets_(v1::DatasetService::NewStub(channel_)),
      models_(v1::ModelService::NewStub(channel_)) {}

// A program that was started a moment ago may not listen yet.
void Connection::AwaitCoordinator() {
  const std::shared_ptr<grpc::Channel> channel = std::exchange(channel_, nullptr);
  if (channel == nullptr) return;
  const SystemClock::time_point end = SystemClock::now() + kPatience;
  bool said = false;
  while (SystemClock::now() < end && !interrupt_.happened()) {
    const grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE && !std::exchange(said, true)) {
      err_ << "mlp-client: no coordinator listens at " << address_ << " yet; trying for "
           << kPatience.count() << " s" << std::endl;
    }
    channel->WaitForStateChange(state, std::min(SystemClock::now() + kLook, end));
  }
}

}  // namespace mlp::cli
