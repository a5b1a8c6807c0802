// A mutex for flows, granted first come, first served (FIFO). Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <stop_token>

#include "services/async/task.h"
#include "services/async/wait.h"

namespace mlp::async {

class FifoMutex {
 public:
  explicit FifoMutex(Clock& clock) : moved_(clock) {}

  // A place in the queue, from construction to destruction. The ticket in front holds the mutex
  // until it is destroyed; a ticket further back may be destroyed at any time.
  class Ticket {
   public:
    explicit Ticket(FifoMutex& mutex)
        : mutex_(mutex), ahead_(mutex.size()), number_(mutex.Enter()) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { mutex_.Leave(number_); }

    // Number of tickets that were in front of this one when it was taken.
    std::size_t ahead() const { return ahead_; }
    // Waits until this ticket holds the mutex. False if it was stopped first.
    Task<bool> Acquire(std::stop_token stop) {
      while (*mutex_.numbers_.begin() != number_) {
        const bool moved = co_await mutex_.moved_.Wait(stop);
        if (!moved) co_return false;
      }
      co_return !stop.stop_requested();
    }

   private:
    FifoMutex& mutex_;
    std::size_t ahead_;
    std::uint64_t number_;
  };

  // Number of tickets that are out, the one in front included.
  std::size_t size() const { return numbers_.size(); }

 private:
  std::uint64_t Enter() {
    numbers_.insert(++last_number_);
    return last_number_;
  }
  void Leave(std::uint64_t number) {
    numbers_.erase(number);
    moved_.Notify();
  }

  std::set<std::uint64_t> numbers_;
  std::uint64_t last_number_ = 0;
  Signal moved_;
};

}  // namespace mlp::async
