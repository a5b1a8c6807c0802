#include "services/rpc/waker.h"

#include <sys/prctl.h>

#include <utility>

namespace mlp::rpc {

Waker::Waker(std::function<void()> wake) : wake_(std::move(wake)) {
  thread_ = std::thread([this] { Work(); });
}

Waker::~Waker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Waker::WakeAt(Time when) {
  {
    const std::lock_guard lock(mutex_);
    when_ = when;
  }
  changed_.notify_one();
}

void Waker::Work() {
  prctl(PR_SET_TIMERSLACK, 1);  // this thread's slack: 1 ns instead of 50 us
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (!when_) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < *when_) {
      changed_.wait_until(lock, *when_);
    } else {
      when_.reset();
      lock.unlock();
      wake_();
      lock.lock();
    }
  }
}

}  // namespace mlp::rpc
