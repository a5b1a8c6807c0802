// JobService over gRPC: messages in, the Coordinator's answers out. Loop thread only, except before
// the server's start.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "services/async/workers.h"
#include "services/coordinator/run/coordinator.h"
#include "services/rpc/server.h"

namespace mlp::coordinator {

// The number of streams open at once, and of messages that all of them together get.
inline constexpr int kMaxWatchers = 1000;
inline constexpr int kWatchMessagesPerSecond = 2000;
// Events within this time are sent together.
inline constexpr std::chrono::milliseconds kWatchPause{4};

class JobService {
 public:
  JobService();
  ~JobService();

  // Returns the service to register with a server. It outlives the server.
  grpc::Service& grpc();
  // Answers the calls from the server's start on. The arguments outlive the server's loop.
  void Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers,
             std::filesystem::path data_dir, std::string default_policy);

 private:
  class Generated;
  class Handlers;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::coordinator
