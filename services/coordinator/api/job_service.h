// JobService over gRPC: messages in, the Coordinator's answers out. Loop thread only, but for what
// comes before the server's start.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "services/async/workers.h"
#include "services/coordinator/run/coordinator.h"
#include "services/rpc/server.h"

namespace mlp::coordinator {

// Streams that are open at once; what all of them together are sent, however many they are.
inline constexpr int kMaxWatchers = 1000;
inline constexpr int kWatchMessagesPerSecond = 2000;
// What happens within so long is sent together.
inline constexpr std::chrono::milliseconds kWatchPause{4};

class JobService {
 public:
  JobService();
  ~JobService();

  // The service that a server has to be told of. Outlives the server.
  grpc::Service& grpc();
  // Answers the calls from the server's start on. What it is handed outlives the server's loop.
  void Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers,
             std::filesystem::path data_dir, std::string default_policy);

 private:
  class Generated;
  class Handlers;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::coordinator
