// Channel<T>: a queue of items, in order, for one flow that waits for them.
//
// Any number of producers, one consumer, all on the loop thread. NextBefore always suspends, so a
// consumer's endless loop gives the others their turn and cannot grow the stack.
#pragma once

#include <coroutine>
#include <deque>
#include <optional>
#include <utility>

#include "services/async/clock.h"

namespace mlp::async {

template <class T>
class Channel {
 public:
  explicit Channel(Clock& clock) : clock_(clock) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void Push(T item) {
    items_.push_back(std::move(item));
    if (waiter_ != nullptr) waiter_->WakeAt(TimePoint::min());
  }

  class NextAwaiter {
   public:
    NextAwaiter(Channel& channel, std::optional<TimePoint> deadline)
        : channel_(channel), deadline_(deadline) {}
    NextAwaiter(const NextAwaiter&) = delete;
    NextAwaiter& operator=(const NextAwaiter&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> consumer) {
      consumer_ = consumer;
      channel_.waiter_ = this;
      if (!channel_.items_.empty()) {
        WakeAt(TimePoint::min());
      } else if (deadline_) {
        timer_ = channel_.clock_.Schedule(*deadline_, [this] { Resume(); });
      }
    }
    std::optional<T> await_resume() {
      if (channel_.items_.empty()) return std::nullopt;
      T item = std::move(channel_.items_.front());
      channel_.items_.pop_front();
      return item;
    }

   private:
    friend class Channel;
    void WakeAt(TimePoint when) {
      channel_.waiter_ = nullptr;
      channel_.clock_.Cancel(timer_);
      timer_ = channel_.clock_.Schedule(when, [this] { Resume(); });
    }
    void Resume() {
      channel_.waiter_ = nullptr;
      consumer_.resume();
    }

    Channel& channel_;
    std::optional<TimePoint> deadline_;
    std::coroutine_handle<> consumer_;
    Clock::TimerId timer_ = 0;
  };

  // co_await channel.NextBefore(deadline) returns the next item; nullopt if `deadline` passes
  // first. Without a deadline it waits as long as it takes.
  NextAwaiter NextBefore(std::optional<TimePoint> deadline) { return NextAwaiter(*this, deadline); }

 private:
  friend class NextAwaiter;
  Clock& clock_;
  std::deque<T> items_;
  NextAwaiter* waiter_ = nullptr;
};

}  // namespace mlp::async
