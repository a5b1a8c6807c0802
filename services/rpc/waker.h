// Wakes somebody at a given time, to within some ten microseconds: a completion queue counts in
// whole milliseconds, as epoll does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace mlp::rpc {

class Waker {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `wake` is called on a thread of the waker's own.
  explicit Waker(std::function<void()> wake);
  // Ends the thread. The waker wakes nobody once this has returned.
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Wakes once, at `when`, which replaces the time asked for before. Any thread.
  void WakeAt(Time when);

 private:
  void Work();

  const std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::optional<Time> when_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace mlp::rpc
