#include "services/rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <climits>
#include <utility>

#include "services/rpc/limits.h"

namespace mlp::rpc {
namespace {

// The time that one attempt to connect may take.
constexpr std::chrono::milliseconds kAttempt{2000};
// Attempts at some addresses of a name, one after the other, may take longer.
constexpr std::chrono::seconds kConnecting{5};
constexpr std::chrono::milliseconds kLook{500};

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, int unread_bytes) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // Both settings cost each call something. The caller makes calls that fail again.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  // Number of bytes that a stream holds unread. By default gRPC grows it with the connection's
  // speed, to all that a peer has to send.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, unread_bytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // The time that one attempt to connect may take, despite the name.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(kAttempt.count()));
  // A peer that comes back under its name may have another address. gRPC looks a name up again when
  // a try has failed, but by itself not within 30 s of the last time.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 500);
  // An idle channel would disconnect, and look like a lost peer.
  arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, INT_MAX);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

namespace {

async::Task<> WaitWhile(grpc_connectivity_state state, Loop& loop, grpc::Channel& channel,
                        async::TimePoint until, std::stop_token stop, async::Duration look) {
  // gRPC cannot withdraw a watch, so watches are short and a stop is noticed.
  while (!stop.stop_requested() && loop.Now() < until && channel.GetState(false) == state) {
    const gpr_timespec deadline = DeadlineAfter(look);
    co_await Completion(
        [&](void* tag) { channel.NotifyOnStateChange(state, deadline, loop.queue(), tag); });
  }
}

}  // namespace

async::Task<> WaitUntilNotReady(Loop& loop, grpc::Channel& channel, std::stop_token stop,
                                async::Duration look) {
  return WaitWhile(GRPC_CHANNEL_READY, loop, channel, async::TimePoint::max(), std::move(stop),
                   look);
}

async::Task<> WaitUntilNotConnecting(Loop& loop, grpc::Channel& channel, std::stop_token stop) {
  return WaitWhile(GRPC_CHANNEL_CONNECTING, loop, channel, loop.Now() + kConnecting,
                   std::move(stop), kLook);
}

}  // namespace mlp::rpc
