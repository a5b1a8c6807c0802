// Ctrl-C (SIGINT), SIGTERM and the end of the terminal (SIGHUP): the client can ask whether one
// came, and one ends whatever the client waits for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace mlp::cli {

// The process makes one, before any thread and any gRPC object. A second signal ends the process
// at once with exit code 130. Any thread may call its methods.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool happened() const;
  // Returns true as soon as there was an interrupt, false after `duration`.
  bool WaitFor(std::chrono::nanoseconds duration);

  // Makes an interrupt call `cancel`, which must neither block nor throw, as long as this object
  // lives. An interrupt that happened before calls it at once. Only one may live at a time.
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
