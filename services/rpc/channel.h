// Channels to other programs of the cluster, and a way to notice that one of them is gone.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <stop_token>
#include <string>

#include "services/async/task.h"
#include "services/rpc/loop.h"

namespace mlp::rpc {

// Returns a channel to `address` (host:port), with a connection of its own, plain text, no HTTP
// proxy. It pings every second while connected: calls to a peer that froze or vanished fail within
// 3 s. It tries a lost connection again after 100 ms, later every second, and looks a name up again
// when a try has failed, twice a second at most. A stream holds `unread_bytes` that are not read
// yet; the default is enough for 125 MB/s over 2 ms.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           int unread_bytes = 256 * 1024);

// Returns once `channel` is not connected and ready, which may be at once, or up to `look` after
// `stop` is requested.
async::Task<> WaitUntilNotReady(Loop& loop, grpc::Channel& channel, std::stop_token stop,
                                async::Duration look = std::chrono::seconds(1));

// Returns once `channel` is not connecting, or when `stop` is requested, which is noticed within
// half a second, or after 5 s. gRPC 1.51 leaks the socket of a channel that is dropped while it
// waits for the peer's SETTINGS, if these still come: await this before you drop one.
async::Task<> WaitUntilNotConnecting(Loop& loop, grpc::Channel& channel, std::stop_token stop);

}  // namespace mlp::rpc
