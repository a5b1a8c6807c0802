// Ctrl-C (SIGINT) and SIGTERM, as a question to ask and as the end of whatever the client waits
// for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
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

  // While it lives, an interrupt calls `cancel`, which must neither block nor throw; one that
  // happened before does so at once. One at a time.
  class Cancels {
   public:
    Cancels(Interrupt& interrupt, std::function<void()> cancel);
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
  std::function<void()> cancel_;  // may be empty

  std::thread listener_;
};

}  // namespace mlp::cli
