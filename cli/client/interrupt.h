// Ctrl-C (SIGINT) and SIGTERM, as a question to ask and as the end of whatever the client waits
// for.
#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace mlp::cli {

// One per process, made before any thread and any gRPC object. A second signal ends the process at
// once with exit code 130. Its methods may be called from any thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool happened() const;
  // True as soon as there was an interrupt, false after `duration`.
  bool WaitFor(std::chrono::nanoseconds duration);

  // While it lives, an interrupt cancels the call; one that happened before does so at once. One at
  // a time.
  class Cancels {
   public:
    Cancels(Interrupt& interrupt, grpc::ClientContext& call);
    ~Cancels();
    Cancels(const Cancels&) = delete;
    Cancels& operator=(const Cancels&) = delete;

   private:
    Interrupt& interrupt_;
  };

 private:
  void Listen();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool happened_ = false;
  bool ending_ = false;
  grpc::ClientContext* call_ = nullptr;

  std::thread listener_;
};

}  // namespace mlp::cli
