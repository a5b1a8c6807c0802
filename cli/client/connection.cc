#include "cli/client/connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/base/answered.h"
#include "services/base/printable.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"

namespace mlp::cli {
namespace {

using SystemClock = std::chrono::system_clock;

constexpr std::chrono::seconds kPatience(2);
// A wait that needs no words.
constexpr std::chrono::seconds kBrief(2);
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

void CoordinatorChannel::SayAgain(const absl::Status& why, const RetryPolicy& retries) {
  if (retries.tries * retries.pause <= kBrief || interrupt_.happened()) return;
  const bool answered = IsAnswered(why);
  err_ << "mlp-client: "
       << (answered ? "the coordinator at " : "no answer from the coordinator at ") << address_
       << (answered ? " says: " : ": ") << std::string(why.message()) << "; trying again"
       << std::endl;
}

absl::Status ErrorOf(const grpc::Status& status) {
  const absl::Status error = rpc::FromGrpcStatus(status);
  return WithMessage(error, Printable({error.message().data(), error.message().size()}));
}

}  // namespace mlp::cli
