// The loop: one thread that owns a completion queue, its timers and, by convention, all state that
// the flows on it touch.
//
// Everything is called on the loop thread, or before it runs, except PostFromAnyThread. A turn of
// the loop runs the timers that were due when it began and one completion, so neither a flow that
// always posts again nor a busy connection keeps the other from its turn. Sockets are read every
// few milliseconds even if there are completions all the time, which gRPC itself does not.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
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

// The lengths of a loop's turns: all other flows wait while one flow runs.
struct LoopTurns {
  static constexpr std::chrono::milliseconds kLong{1};

  std::int64_t all = 0;
  std::int64_t long_ones = 0;  // longer than kLong; on a busy machine the scheduler causes some
  std::chrono::nanoseconds longest{};
};

class Loop final : public async::Clock, private Tag {
 public:
  // The loop runs on a queue of its own, or on a server's.
  Loop() : Loop(std::make_unique<grpc::CompletionQueue>()) {}
  explicit Loop(std::unique_ptr<grpc::CompletionQueue> queue);

  // Unix time when the loop was made plus the time that a steady clock has counted since.
  async::TimePoint Now() const override;
  TimerId Schedule(async::TimePoint when, std::function<void()> callback) override;
  void Cancel(TimerId timer) override { timers_.Remove(timer); }

  // Runs `callback` in a later turn. Callbacks run in the order of posting. If the loop has been
  // shut down, the callback is dropped without being run.
  void PostFromAnyThread(std::function<void()> callback);

  // Makes Now() return at least `time` from here on: all that was recorded before a restart lies in
  // the past, even if the system's clock was set back. Call it before Run.
  void NotBefore(async::TimePoint time);
  // Makes timers precise, which are otherwise up to two milliseconds late. Costs a thread. Call it
  // before Run.
  void UsePreciseTimers();
  // Runs the loop on this thread until it is shut down and its queue is drained.
  void Run();
  // Makes Run return and drops the timers and posts that are left. Every flow must have ended, and
  // nothing may be started on the queue afterwards: gRPC would end the process.
  void Shutdown();

  const LoopTurns& turns() const { return turns_; }
  // The number of the turn in which the thread is in gRPC's hands, to wait or to read and write
  // sockets; 0 while it runs a flow. Any thread.
  std::uint64_t turn_in_grpc() const { return turn_in_grpc_.load(std::memory_order_relaxed); }

  // The queue on which flows start their operations.
  grpc::CompletionQueue* queue() { return queue_.get(); }

 private:
  bool Turn();
  // Counts the turn that ends now, and logs it if it was long.
  void NoteTurn(std::chrono::steady_clock::time_point now);
  void RunDueTimers();
  grpc::CompletionQueue::NextStatus Next(void** tag, bool* ok);
  // Reads sockets. Returns when it has ended.
  std::chrono::steady_clock::time_point Poll(std::chrono::steady_clock::time_point now);
  gpr_timespec NextTimer() const;
  void AskToBeWoken();
  // Called when the wake-up has come; runs the posted callbacks.
  void OnCompletion(bool ok) override;

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  grpc::CompletionQueue empty_;  // to have gRPC poll, which it does for a queue without completions
  std::chrono::steady_clock::time_point poll_again_;
  std::atomic<std::uint64_t> turn_in_grpc_ = 0;
  const std::chrono::steady_clock::time_point steady_start_ = std::chrono::steady_clock::now();
  async::TimePoint unix_start_ = std::chrono::system_clock::now();
  async::TimerQueue timers_;  // loop thread
  LoopTurns turns_;           // loop thread
  std::chrono::steady_clock::time_point turn_began_;
  std::optional<async::TimePoint> asked_for_;  // the waker's next time; loop thread

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool wake_up_pending_ = false;               // guarded by mutex_
  bool shut_down_ = false;                     // written by the loop thread under mutex_
  grpc::Alarm wake_up_;                        // guarded by mutex_: set, with this loop as its tag
  // nullptr without precise timers. It is the last member because its thread posts to this loop.
  std::unique_ptr<Waker> waker_;
};

// Returns the point `after` from now, in the form of gRPC's deadlines. Changes of the system's time
// do not move it.
gpr_timespec DeadlineAfter(async::Duration after);

}  // namespace mlp::rpc
