// A scheduler and its time, driven by hand.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {

using Names = std::vector<std::string>;  // of nodes

// One slot and no hedging: the parts that a test does not look at stay simple.
inline SchedulerOptions Options(int shards, std::string policy) {
  SchedulerOptions options;
  options.shards = shards;
  options.policy = std::move(policy);
  options.slots = 1;
  options.hedge_after.reset();
  return options;
}

// Likewise, but a task that is held up for so long gets a second copy.
inline SchedulerOptions Hedged(int shards,
                               std::chrono::nanoseconds after = std::chrono::milliseconds(300)) {
  SchedulerOptions options = Options(shards, "pull");
  options.hedge_after = after;
  return options;
}

// A scheduler and its time. Nodes are called a, b, c …
class Driver {
 public:
  Driver(const SchedulerOptions& options, int nodes) : Driver(Scheduler(options), nodes) {}
  Driver(Scheduler scheduler, int nodes) : scheduler_(std::move(scheduler)) {
    for (int node = 0; node < nodes; ++node) Join(node);
    Apply(RoundStarted{});
  }

  void Join(int node) { Apply(NodeJoined{node, std::string(1, static_cast<char>('a' + node))}); }
  void Apply(const SchedulerEvent& event) { scheduler_.Apply(now_, event); }
  void Reject(const Dispatch& dispatch) { Apply(AttemptRejected{dispatch.attempt, "busy"}); }
  void Accept(const Dispatch& dispatch) { Apply(AttemptAccepted{dispatch.attempt}); }
  void Start(const Dispatch& dispatch) { Apply(AttemptStarted{dispatch.attempt}); }
  void Finish(const Dispatch& dispatch) { Apply(AttemptFinished{dispatch.attempt}); }
  void Fail(const Dispatch& dispatch, FailureKind kind, std::string reason) {
    Apply(AttemptFailed{dispatch.attempt, kind, std::move(reason)});
  }
  void Lose(const Dispatch& dispatch) {
    Fail(dispatch, FailureKind::kNodeLost, "connection reset");
  }
  void Wait(std::chrono::nanoseconds duration) { now_ += duration; }

  std::vector<Decision> Decide() { return scheduler_.Decide(now_); }
  std::vector<Dispatch> Dispatches() {
    std::vector<Dispatch> dispatches;
    for (const Decision& decision : Decide()) {
      REQUIRE(std::holds_alternative<Dispatch>(decision));
      dispatches.push_back(std::get<Dispatch>(decision));
    }
    return dispatches;
  }
  Dispatch TheDispatch() {
    const std::vector<Dispatch> dispatches = Dispatches();
    REQUIRE(dispatches.size() == 1);
    return dispatches[0];
  }
  Cancel TheCancel() {
    const std::vector<Decision> decisions = Decide();
    REQUIRE(decisions.size() == 1);
    REQUIRE(std::holds_alternative<Cancel>(decisions[0]));
    return std::get<Cancel>(decisions[0]);
  }
  GiveUp TheGiveUp() {
    const std::vector<Decision> decisions = Decide();
    REQUIRE_FALSE(decisions.empty());
    REQUIRE(std::holds_alternative<GiveUp>(decisions.back()));
    return std::get<GiveUp>(decisions.back());
  }

  // The time until NextWakeup(), unless that is just for a deadline, at least a minute away.
  std::optional<std::chrono::nanoseconds> Sleep() const {
    const auto wakeup = scheduler_.NextWakeup();
    if (!wakeup || *wakeup - now_ >= std::chrono::minutes(1)) return std::nullopt;
    return *wakeup - now_;
  }
  // The time until NextWakeup(), whatever it is for; there must be one.
  std::chrono::nanoseconds LongSleep() const { return scheduler_.NextWakeup().value() - now_; }
  RoundFacts Explain() const { return scheduler_.Explain(now_); }
  TimePoint now() const { return now_; }
  const Scheduler& scheduler() const { return scheduler_; }

 private:
  Scheduler scheduler_;
  TimePoint now_{std::chrono::hours(1)};
};

// Has the only shard held up for 300 ms, and gives out its second copy. The two attempts.
inline std::pair<Dispatch, Dispatch> HoldUpAndCopy(Driver& driver) {
  const Dispatch first = driver.TheDispatch();
  driver.Accept(first);
  driver.Decide();
  driver.Wait(std::chrono::milliseconds(300));
  return {first, driver.TheDispatch()};
}

// Trains the only shard round after round until there is no second copy any more: each one starts
// before it can be cancelled, which costs.
inline void SpendHedges(Driver& driver) {
  while (true) {
    const Dispatch first = driver.TheDispatch();
    driver.Accept(first);
    driver.Decide();
    driver.Wait(std::chrono::milliseconds(300));
    const std::vector<Dispatch> copies = driver.Dispatches();
    if (copies.empty()) return;
    driver.Start(copies[0]);
    driver.Start(first);
    driver.Finish(copies[0]);
    driver.Finish(first);
    driver.Apply(RoundStarted{});
  }
}

// The next step, which must be of that kind.
template <class Step>
Step NextOf(const Driver& driver) {
  const NextStep next = driver.Explain().next;
  REQUIRE(std::holds_alternative<Step>(next));
  return std::get<Step>(next);
}

}  // namespace mlp::coordinator
