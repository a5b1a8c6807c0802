// The scheduler: who should train which shard, now, and why.
//
// A pure state machine: events in, decisions out. It never waits, has no clock (time comes in as an
// argument), and draws randomness only from a generator that it owns and that its options seed. The
// same events at the same times give the same decisions, so a recorded job can be replayed.
//
// Every Dispatch is answered by exactly one of AttemptRejected, AttemptFinished or AttemptFailed,
// also after a Cancel and also when its node is lost. One scheduler serves all rounds of one job;
// RoundStarted begins each. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "services/coordinator/scheduler/deadlines.h"
#include "services/coordinator/scheduler/deaths.h"
#include "services/coordinator/scheduler/events.h"
#include "services/coordinator/scheduler/explanation.h"
#include "services/coordinator/scheduler/hedging.h"
#include "services/coordinator/scheduler/node_pool.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/coordinator/scheduler/shard_queue.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

// The most attempts that a node gets if `slots` is left to the scheduler: each holds parameters.
inline constexpr int kMaxDerivedSlots = 8;

class Scheduler {
 public:
  // options.policy must be one of PolicyNames(), options.shards at least 1.
  explicit Scheduler(const SchedulerOptions& options);
  // Takes a policy that has no name.
  Scheduler(SchedulerOptions options, std::unique_ptr<Policy> policy);

  // Events about attempts that are unknown, have ended, or belong to an earlier round are fine.
  void Apply(TimePoint now, const SchedulerEvent& event);
  // Returns what to do now, in order; a GiveUp comes last, after its Cancels. Call it after every
  // event, with the event's time, and when NextWakeup() has come.
  std::vector<Decision> Decide(TimePoint now);
  // Returns the time at which to call Decide even without an event; nullopt: only after one. Call
  // it after Decide.
  std::optional<TimePoint> NextWakeup() const;
  // True if all shards of the round are trained.
  bool Done() const { return shards_.finished() == options_.shards; }
  // Counts the attempts that were dispatched and have not ended, earlier rounds' too.
  std::size_t attempts_out() const { return attempts_.size(); }
  // The name under which the node joined last.
  const std::string& node_name(int node) const { return nodes_.name(node); }
  // Counts the shards of the round that are trained.
  int finished_shards() const { return shards_.finished(); }
  // Explains what the round waits for and what comes next. Call it after Decide; it costs
  // O(attempts + nodes).
  RoundFacts Explain(TimePoint now) const;

 private:
  class Explainer;

  struct Attempt {
    int shard = 0;
    int node = 0;
    int process = 0;          // the node's when it was dispatched
    bool wanted = true;       // false: cancelled or of an earlier round, only holds a slot
    bool token_back = false;  // its token was given back, because it had not started
    AttemptId hedge_of = 0;
    TimePoint dispatched;
    std::optional<TimePoint> accepted;
    std::optional<TimePoint> started;

    bool answered() const { return accepted || started; }
  };

  void On(TimePoint now, const RoundStarted& event);
  void On(TimePoint now, const NodeJoined& event);
  void On(TimePoint now, const NodeLeft& event);
  void On(TimePoint now, const ResultsCached& event);
  void On(TimePoint now, const AttemptAccepted& event);
  void On(TimePoint now, const AttemptRejected& event);
  void On(TimePoint now, const AttemptStarted& event);
  void On(TimePoint now, const AttemptFinished& event);
  void On(TimePoint now, const AttemptFailed& event);

  // Frees the attempt's slot. Returns the attempt; nullopt if nothing else follows from its end.
  std::optional<Attempt> End(TimePoint now, AttemptId id);
  // Handles an attempt that came to nothing and is none of its shard's copies any more. Unless
  // another copy is out, the shard comes back for another try if it has any left.
  void Retry(TimePoint now, const Attempt& attempt, std::string what_happened);
  // Cancels those copies of the shard that have not started, or all that are left.
  void CancelCopies(int shard, bool also_started, const std::string& reason);
  void GiveBackToken(Attempt& ended);
  void CheckTrainable(int shard);
  void CheckDeaths();
  void PlanToGiveUp(int shard, std::string reason);
  void NodesChanged();
  std::chrono::nanoseconds BackOff(int times) const;
  // Returns the time of the attempt's last sign of life; if it waits, that of its node.
  TimePoint LastSign(const Attempt& attempt) const;
  std::string Describe(AttemptId id, const Attempt& attempt) const;

  void ExpireSilent(TimePoint now, std::vector<Decision>& decisions);
  std::vector<Decision> GiveUpNow();
  void DispatchCached(TimePoint now, std::vector<Decision>& decisions);
  void DispatchReady(TimePoint now, std::vector<Decision>& decisions);
  void DispatchCopies(TimePoint now, std::vector<Decision>& decisions);
  bool DispatchCopy(TimePoint now, int shard, std::vector<Decision>& decisions);
  Dispatch Bind(TimePoint now, int shard, Choice choice, AttemptId hedge_of);
  std::string WhyCopy(TimePoint now, AttemptId id) const;
  // Returns the nodes that must not get a copy of the shard: they are unfit, or have one.
  std::set<int> UnfitForCopy(int shard) const;
  // True if a copy of the shard is on a node that computes.
  bool WaitsInLine(int shard) const;
  // True if a copy on one of `fit`, which is not empty, might help: a task that waits in line would
  // wait there, too, unless one of them is idle.
  bool CopyMayHelp(int shard, const Candidates& fit) const;

  SchedulerOptions options_;
  std::unique_ptr<Policy> policy_;
  PolicyTraits traits_;
  std::mt19937_64 random_;
  NodePool nodes_;
  Hedging hedging_;
  Deadlines deadlines_;
  Deaths deaths_;
  std::map<AttemptId, Attempt> attempts_;  // those that are out
  int unanswered_ = 0;                     // those that are neither accepted nor started
  AttemptId last_attempt_ = 0;
  std::chrono::nanoseconds longest_answer_{};

  // The nodes to ask for results, keyed by the shards of this round, or of the next.
  std::map<int, int> cached_on_;

  // This round has these.
  bool running_ = false;  // begun and not given up
  ShardQueue shards_;
  std::vector<Cancel> cancels_;    // the next Decide returns them
  std::optional<GiveUp> give_up_;  // the next Decide returns it
  TimePoint decided_;              // the last call of Decide
  bool copies_wait_ = false;       // a copy is due, and no node can take it
};

}  // namespace mlp::coordinator
