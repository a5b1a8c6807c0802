#include "cli/client/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "cli/client/errors.h"
#include "services/program/signals.h"

namespace mlp::cli {

Interrupt::Interrupt() {
  program::BlockTerminationSignals();
  // gRPC keeps its sockets from sending SIGPIPE, so it comes from an output that nobody reads.
  std::signal(SIGPIPE, SIG_DFL);
  listener_ = std::thread([this] { Listen(); });
}

Interrupt::~Interrupt() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  pthread_kill(listener_.native_handle(), SIGTERM);
  listener_.join();
}

bool Interrupt::happened() const {
  std::lock_guard lock(mutex_);
  return happened_;
}

bool Interrupt::WaitFor(std::chrono::nanoseconds duration) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, duration, [this] { return happened_; });
}

void Interrupt::Listen() {
  for (;;) {
    program::WaitForTerminationSignal();
    std::lock_guard lock(mutex_);
    if (ending_) return;
    if (happened_) _exit(kExitInterrupted);
    happened_ = true;
    if (cancel_) cancel_();
    changed_.notify_all();
  }
}

Interrupt::Cancels::Cancels(Interrupt& interrupt, std::function<void()> cancel)
    : interrupt_(interrupt) {
  std::lock_guard lock(interrupt_.mutex_);
  interrupt_.cancel_ = std::move(cancel);
  if (interrupt_.happened_) interrupt_.cancel_();
}

Interrupt::Cancels::~Cancels() {
  std::lock_guard lock(interrupt_.mutex_);
  interrupt_.cancel_ = nullptr;
}

}  // namespace mlp::cli
