// The loop: one thread that owns a completion queue, its timers and, by convention, all state that
// the flows on it touch.
//
// Everything is called on the loop thread, or before it runs, except PostFromAnyThread. A turn of
// the loop runs the timers that were due when it began and one completion, so neither a flow that
// always posts again nor a busy connection keeps the other from its turn.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "services/async/clock.h"
#include "services/async/timer_queue.h"
#include "services/rpc/completion.h"
#include "services/rpc/waker.h"

namespace mlp::rpc {

// How long the turns of a loop took: what one flow does, all the others wait for.
struct LoopTurns {
  static constexpr std::chrono::milliseconds kLong{1};

  std::int64_t all = 0;
  std::int64_t long_ones = 0;  // longer than kLong; on a busy machine the scheduler's doing, too
  std::chrono::nanoseconds longest{};
};

class Loop final : public async::Clock, private Tag {
 public:
  // On a queue of its own, or on a server's.
  Loop() : Loop(std::make_unique<grpc::CompletionQueue>()) {}
  explicit Loop(std::unique_ptr<grpc::CompletionQueue> queue);

  // Unix time when the loop was made plus what a steady clock has counted since.
  async::TimePoint Now() const override;
  TimerId Schedule(async::TimePoint when, std::function<void()> callback) override;
  void Cancel(TimerId timer) override { timers_.Remove(timer); }

  // Runs `callback` in a later turn. Callbacks run in the order of posting. Dropped, without being
  // run, where the loop has been shut down.
  void PostFromAnyThread(std::function<void()> callback);

  // From here on Now() is at least `time`: what was recorded before a restart lies in the past,
  // even where the system's clock was set back. Before Run.
  void NotBefore(async::TimePoint time);
  // Timers are otherwise up to two milliseconds late. Costs a thread. Before Run.
  void UsePreciseTimers();
  // Runs the loop on this thread until it was shut down and its queue is drained.
  void Run();
  // Makes Run return, dropping the timers and posts that are left. Every flow must have ended, and
  // nothing may be started on the queue afterwards: gRPC would end the process.
  void Shutdown();

  const LoopTurns& turns() const { return turns_; }

  // Where flows start their operations.
  grpc::CompletionQueue* queue() { return queue_.get(); }

 private:
  bool Turn();
  // Counts the turn that ends; tells of it in the log where it was long.
  void NoteTurn();
  void RunDueTimers();
  gpr_timespec NextTimer() const;
  void AskToBeWoken();
  // The wake-up has come: runs what was posted.
  void OnCompletion(bool ok) override;

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  const std::chrono::steady_clock::time_point steady_start_ = std::chrono::steady_clock::now();
  async::TimePoint unix_start_ = std::chrono::system_clock::now();
  async::TimerQueue timers_;  // loop thread
  LoopTurns turns_;           // loop thread
  std::chrono::steady_clock::time_point turn_began_;
  std::optional<async::TimePoint> asked_for_;  // of waker_; loop thread

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool wake_up_pending_ = false;               // guarded by mutex_
  bool shut_down_ = false;                     // written by the loop thread under mutex_
  grpc::Alarm wake_up_;                        // guarded by mutex_: set, with this loop as its tag
  // nullptr without precise timers. The last member: its thread posts to this loop.
  std::unique_ptr<Waker> waker_;
};

// The point `after` from now, as gRPC takes deadlines. Not moved by changes of the system's time.
gpr_timespec DeadlineAfter(async::Duration after);

}  // namespace mlp::rpc
