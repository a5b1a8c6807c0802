#include "cli/client/connection.h"

#include <algorithm>
#include <utility>

#include "services/rpc/channel.h"

namespace mlp::cli {
namespace {

using SystemClock = std::chrono::system_clock;

constexpr std::chrono::seconds kPatience(2);
// The longest time until an interrupt is noticed.
constexpr std::chrono::milliseconds kLook(50);

}  // namespace

CoordinatorChannel::CoordinatorChannel(const Session& session)
    : address_(session.coordinator),
      interrupt_(session.interrupt),
      err_(session.terminal.err),
      channel_(rpc::MakeChannel(address_)) {}

const std::shared_ptr<grpc::Channel>& CoordinatorChannel::Connected() {
  if (!std::exchange(awaited_, true)) AwaitCoordinator();
  return channel_;
}

// A coordinator that was started a moment ago may not listen yet.
void CoordinatorChannel::AwaitCoordinator() {
  const SystemClock::time_point end = SystemClock::now() + kPatience;
  bool said = false;
  while (SystemClock::now() < end && !interrupt_.happened()) {
    const grpc_connectivity_state state = channel_->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE && !std::exchange(said, true)) {
      err_ << "mlp-client: no coordinator listens at " << address_ << " yet; trying for "
           << kPatience.count() << " s" << std::endl;
    }
    channel_->WaitForStateChange(state, std::min(SystemClock::now() + kLook, end));
  }
}

}  // namespace mlp::cli
