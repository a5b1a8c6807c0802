#include "services/node/coordinator_link.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/wait.h"
#include "services/base/answered.h"
#include "services/base/field_error.h"
#include "services/base/protocol_version.h"
#include "services/rpc/channel.h"
#include "services/rpc/client_call.h"
#include "services/wire/time_proto.h"

namespace mlp::node {
namespace {

constexpr std::chrono::milliseconds kTimeout{1000};
// The interval at which Watch looks whether there is a connection again, or the node stops.
constexpr auto kLook = std::chrono::milliseconds(100);

Standing StandingFrom(v1::NodeState state) {
  switch (state) {
    case v1::NODE_STATE_DOWN:
      return Standing::kUnconnected;
    case v1::NODE_STATE_REFUSED:
      return Standing::kRefused;
    case v1::NODE_STATE_DRAINING:
      return Standing::kDrained;
    default:
      return Standing::kUp;
  }
}

v1::HeartbeatRequest RequestFrom(const HeartbeatInfo& info) {
  v1::HeartbeatRequest request;
  request.set_name(info.name);
  request.set_instance_id(info.instance_id);
  request.set_address(info.address);
  request.set_protocol(kProtocolVersion);
  request.set_version(info.version);
  request.set_arithmetic(info.arithmetic);
  request.set_draining(info.draining);
  request.set_leaving(info.leaving);
  return request;
}

}  // namespace

GrpcCoordinatorLink::GrpcCoordinatorLink(rpc::Loop& loop, std::string address)
    : loop_(loop),
      address_(std::move(address)),
      channel_(rpc::MakeChannel(address_)),
      stub_(v1::ClusterService::NewStub(channel_)) {}

async::Task<absl::StatusOr<LeaseAnswer>> GrpcCoordinatorLink::Heartbeat(HeartbeatInfo info,
                                                                        std::stop_token stop) {
  const v1::HeartbeatRequest request = RequestFrom(info);
  rpc::CallOptions options;
  options.timeout = kTimeout;
  // The call waits for the connection, so it finds a coordinator that is back as soon as that
  // listens.
  options.wait_for_ready = true;
  // A look-up of a name that failed waits longer each time, too.
  grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
  absl::StatusOr<v1::HeartbeatResponse> reply = co_await rpc::CallUnary(
      loop_, *stub_, &v1::ClusterService::Stub::PrepareAsyncHeartbeat, request, options, stop);
  if (absl::IsDeadlineExceeded(reply.status()) && !stop.stop_requested()) {
    // A call that does not wait for the connection ends at once, and says why there is none.
    options.wait_for_ready = false;
    options.timeout = kTimeout / 2;
    reply = co_await rpc::CallUnary(loop_, *stub_, &v1::ClusterService::Stub::PrepareAsyncHeartbeat,
                                    request, options, stop);
  }
  if (absl::IsDeadlineExceeded(reply.status())) {
    co_return absl::UnavailableError(absl::StrCat(address_, " does not answer"));
  }
  if (absl::IsUnimplemented(reply.status())) co_return WithContext(address_, reply.status());
  if (absl::IsUnavailable(reply.status()) && !IsAnswered(reply.status())) {
    co_return absl::UnavailableError(
        absl::StrCat(address_, " does not answer: ", reply.status().message()));
  }
  if (!reply.ok()) co_return reply.status();
  const auto interval = wire::FromProto(reply->interval(), "interval");
  if (!interval.ok()) co_return interval.status();
  LeaseAnswer answer;
  answer.interval = *interval;
  answer.standing = StandingFrom(reply->state());
  answer.detail = reply->detail();
  co_return answer;
}

async::Task<> GrpcCoordinatorLink::Watch(std::function<void()> lost, std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (channel_->GetState(false) != GRPC_CHANNEL_READY) {
      co_await async::SleepFor(loop_, kLook, stop);
      continue;
    }
    co_await rpc::WaitUntilNotReady(loop_, *channel_, stop, kLook);
    if (!stop.stop_requested()) lost();
  }
}

}  // namespace mlp::node
