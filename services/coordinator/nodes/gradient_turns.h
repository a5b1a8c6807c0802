// The order of large gradients: a round's are received one shard after the other, in the order in
// which they are summed. The others stay on their nodes, so the coordinator holds one gradient
// beside the sum, however many shards there are.
//
// Nobody waits for a shard that no node trains at the moment (it was rejected, or its node is
// lost): the gradients that wait may be what keeps the nodes from taking it. Loop thread only.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "services/async/task.h"
#include "services/async/wait.h"

namespace mlp::coordinator {

class GradientTurns {
 public:
  explicit GradientTurns(async::Clock& clock) : moved_(clock) {}

  // An attempt to train a shard, from its beginning to its end.
  class Attempt {
   public:
    Attempt(GradientTurns& turns, std::string job_id, int round, int shard)
        : turns_(turns),
          place_(turns.places_.emplace(std::pair(std::move(job_id), round), shard)) {}
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    ~Attempt() {
      turns_.places_.erase(place_);
      turns_.moved_.Notify();
    }

    // Waits until no earlier shard of the round is being trained. False if it was stopped first.
    async::Task<bool> Await(std::stop_token stop) {
      while (turns_.places_.lower_bound({place_->first, 0})->second < place_->second) {
        const bool moved = co_await turns_.moved_.Wait(stop);
        if (!moved) co_return false;
      }
      co_return !stop.stop_requested();
    }

   private:
    GradientTurns& turns_;
    std::multiset<std::pair<std::pair<std::string, int>, int>>::iterator place_;
  };

 private:
  std::multiset<std::pair<std::pair<std::string, int>, int>> places_;  // job and round, shard
  async::Signal moved_;
};

}  // namespace mlp::coordinator
