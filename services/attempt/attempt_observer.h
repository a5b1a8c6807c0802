// Is told what happens to an attempt before its end.
#pragma once

#include <chrono>

namespace mlp {

// Calls come in this order, each at most once. Nothing is told of an attempt that is rejected.
class AttemptObserver {
 public:
  virtual ~AttemptObserver() = default;
  // The node will train the shard after `queued_behind` other tasks.
  virtual void OnAccepted(int queued_behind) = 0;
  // The arithmetic begins.
  virtual void OnStarted(std::chrono::nanoseconds queued_for,
                         std::chrono::nanoseconds held_up_for) = 0;
};

}  // namespace mlp
