// Line: flows that take turns, first come, first served. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <stop_token>

#include "services/async/task.h"
#include "services/async/wait.h"

namespace mlp::async {

class Line {
 public:
  explicit Line(Clock& clock) : moved_(clock) {}

  // A place in the line, from construction to destruction. The one in front has the turn until it
  // leaves; leaving from further back is fine.
  class Place {
   public:
    explicit Place(Line& line) : line_(line), ahead_(line.size()), number_(line.Enter()) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { line_.Leave(number_); }

    // Places that were in front of this one when it was taken.
    std::size_t ahead() const { return ahead_; }
    // Waits for the turn. False where it was stopped first.
    Task<bool> Turn(std::stop_token stop) {
      while (*line_.numbers_.begin() != number_) {
        const bool moved = co_await line_.moved_.Wait(stop);
        if (!moved) co_return false;
      }
      co_return !stop.stop_requested();
    }

   private:
    Line& line_;
    std::size_t ahead_;
    std::uint64_t number_;
  };

  // Places taken, the one in front included.
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
