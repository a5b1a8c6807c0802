// The turns of strangers (strangers.h) to be dialled: few at once, and fewer of one host, so that
// whoever registers many names costs the coordinator neither descriptors nor time, and does not
// keep nodes of other hosts waiting. First come, first served. Loop thread only.
#pragma once

#include <list>
#include <map>
#include <stop_token>
#include <string>
#include <utility>

#include "services/async/task.h"
#include "services/async/wait.h"

namespace mlp::coordinator {

class DialTurns {
 public:
  static constexpr int kAtOnce = 32;
  static constexpr int kAtOnceOfHost = 8;

  explicit DialTurns(async::Clock& clock) : clock_(clock) {}

  // A place in the line, and then the turn, until it is destroyed.
  class Turn {
   public:
    Turn(DialTurns& turns, std::string host)
        : turns_(turns), host_(std::move(host)), come_(turns.clock_) {
      turns_.waiting_.push_back(this);
      turns_.GiveTurns();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (has_it_) {
        turns_.End(host_);
      } else {
        turns_.waiting_.remove(this);
      }
    }

    // Waits until the turn has come. False if it was stopped first.
    async::Task<bool> Await(std::stop_token stop) {
      while (!has_it_) {
        const bool come = co_await come_.Wait(stop);
        if (!come) co_return false;
      }
      co_return !stop.stop_requested();
    }
    bool has_it() const { return has_it_; }

   private:
    friend class DialTurns;
    DialTurns& turns_;
    const std::string host_;
    async::Signal come_;
    bool has_it_ = false;
  };

 private:
  // Costs O(waiting), of which there are as many as strangers.
  void GiveTurns() {
    for (auto it = waiting_.begin(); it != waiting_.end() && at_once_ < kAtOnce;) {
      Turn& next = **it;
      int& of_host = of_host_[next.host_];
      if (of_host >= kAtOnceOfHost) {
        ++it;
        continue;
      }
      ++of_host;
      ++at_once_;
      it = waiting_.erase(it);
      next.has_it_ = true;
      next.come_.Notify();
    }
  }
  void End(const std::string& host) {
    --at_once_;
    const auto found = of_host_.find(host);
    if (--found->second == 0) of_host_.erase(found);
    GiveTurns();
  }

  async::Clock& clock_;
  std::list<Turn*> waiting_;  // in the order in which they came
  int at_once_ = 0;
  std::map<std::string, int> of_host_;  // turns that there are, > 0 each
};

}  // namespace mlp::coordinator
