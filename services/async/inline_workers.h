// Workers for virtual time: the work is done on the loop thread, in no time at all.
#pragma once

#include <functional>
#include <utility>

#include "services/async/clock.h"
#include "services/async/workers.h"

namespace mlp::async {

class InlineWorkers final : public Workers {
 public:
  explicit InlineWorkers(Clock& clock) : clock_(clock) {}

  // Runs both in one later turn of the clock.
  void Run(std::function<void()> work, std::function<void()> done) override {
    clock_.Post([work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

 private:
  Clock& clock_;
};

}  // namespace mlp::async
