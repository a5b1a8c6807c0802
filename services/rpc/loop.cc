#include "services/rpc/loop.h"

#include <grpc/support/time.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace mlp::rpc {
namespace {

constexpr std::chrono::milliseconds kPollEvery{5};
// A poll serves one socket.
constexpr int kPolls = 16;
// A poll that took less found no socket to serve: reading one takes longer.
constexpr std::chrono::microseconds kNothing{4};
// gRPC has polled if it took that long to return a completion.
constexpr std::chrono::microseconds kPolled{100};

}  // namespace

gpr_timespec DeadlineAfter(async::Duration after) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(after.count(), GPR_TIMESPAN));
}

Loop::Loop(std::unique_ptr<grpc::CompletionQueue> queue) : queue_(std::move(queue)) {}

async::TimePoint Loop::Now() const {
  return unix_start_ + (std::chrono::steady_clock::now() - steady_start_);
}

Loop::TimerId Loop::Schedule(async::TimePoint when, std::function<void()> callback) {
  return timers_.Add(std::max(when, Now()), std::move(callback));
}

void Loop::PostFromAnyThread(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) return;
  posted_.push_back(std::move(callback));
  if (std::exchange(wake_up_pending_, true)) return;
  wake_up_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_MONOTONIC), Arm());
}

void Loop::OnCompletion(bool) {
  std::vector<std::function<void()>> posted;
  {
    const std::lock_guard lock(mutex_);
    wake_up_pending_ = false;
    posted.swap(posted_);
  }
  for (const auto& callback : posted) {
    // One of the callbacks may have been the shutdown; only this thread changes shut_down_.
    if (shut_down_) return;
    callback();
  }
}

void Loop::NotBefore(async::TimePoint time) {
  const async::TimePoint now = Now();
  if (time > now) unix_start_ += time - now;
}

void Loop::UsePreciseTimers() {
  waker_ = std::make_unique<Waker>([this] { PostFromAnyThread([] {}); });  // one turn suffices
}

void Loop::AskToBeWoken() {
  const auto earliest = timers_.Earliest();
  if (!earliest || earliest == asked_for_ || *earliest <= Now()) return;
  asked_for_ = earliest;
  waker_->WakeAt(steady_start_ + (*earliest - unix_start_));
}

void Loop::Run() {
  turn_began_ = std::chrono::steady_clock::now();
  while (Turn()) {
  }
}

bool Loop::Turn() {
  RunDueTimers();
  if (waker_ != nullptr) AskToBeWoken();
  void* tag = nullptr;
  bool ok = false;
  const auto next = Next(&tag, &ok);
  if (next == grpc::CompletionQueue::GOT_EVENT) Tag::Deliver(tag, ok);
  return next != grpc::CompletionQueue::SHUTDOWN;
}

grpc::CompletionQueue::NextStatus Loop::Next(void** tag, bool* ok) {
  auto began = std::chrono::steady_clock::now();
  NoteTurn(began);
  turn_in_grpc_.store(static_cast<std::uint64_t>(turns_.all), std::memory_order_relaxed);
  if (began >= poll_again_) began = Poll(began);
  const auto next = queue_->AsyncNext(tag, ok, NextTimer());
  turn_began_ = std::chrono::steady_clock::now();
  if (turn_began_ - began >= kPolled) poll_again_ = turn_began_ + kPollEvery;
  turn_in_grpc_.store(0, std::memory_order_relaxed);
  return next;
}

std::chrono::steady_clock::time_point Loop::Poll(std::chrono::steady_clock::time_point now) {
  void* none = nullptr;
  bool ok = false;
  auto ended = now;
  for (int i = 0; i < kPolls; ++i) {
    const auto polled = ended;
    empty_.AsyncNext(&none, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    ended = std::chrono::steady_clock::now();
    if (ended - polled < kNothing) break;
  }
  // However much there is to read, completions get half of the time.
  poll_again_ = ended + std::max<std::chrono::nanoseconds>(kPollEvery, ended - now);
  return ended;
}

void Loop::NoteTurn(std::chrono::steady_clock::time_point now) {
  const std::chrono::nanoseconds took = now - turn_began_;
  ++turns_.all;
  turns_.longest = std::max(turns_.longest, took);
  if (took <= LoopTurns::kLong) return;
  ++turns_.long_ones;
  const std::chrono::duration<double, std::milli> milliseconds = took;
  spdlog::debug("the loop's turn took {:.1f} ms, number {} of more than {} ms in {} turns",
                milliseconds.count(), turns_.long_ones, LoopTurns::kLong.count(), turns_.all);
}

void Loop::RunDueTimers() {
  const async::TimePoint now = Now();
  const TimerId newest = timers_.last_id();
  while (const auto callback = timers_.TakeDue(now, newest)) callback();
}

gpr_timespec Loop::NextTimer() const {
  const auto earliest = timers_.Earliest();
  if (!earliest) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const async::Duration left = *earliest - Now();
  // gRPC rounds deadlines up to milliseconds, and would wait that long for one that has passed.
  return left > async::Duration::zero() ? DeadlineAfter(left) : gpr_inf_past(GPR_CLOCK_MONOTONIC);
}

void Loop::Shutdown() {
  std::vector<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
    dropped.swap(posted_);
  }
  timers_ = async::TimerQueue();
  queue_->Shutdown();
}

}  // namespace mlp::rpc
