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
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "services/attempt/offer_terms.h"
#include "services/coordinator/scheduler/deadlines.h"
#include "services/coordinator/scheduler/explanation.h"
#include "services/coordinator/scheduler/hedging.h"
#include "services/coordinator/scheduler/node_pool.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/coordinator/scheduler/shard_queue.h"

namespace mlp::coordinator {

// ---- Events
// They have what the records of a job need, too: names, reasons and times that no decision looks
// at.

struct RoundStarted {
  std::vector<int> kept = {};  // shards that need no training: their gradients are there already
};
// The node can be given work. Joining again after NodeLeft is fine.
struct NodeJoined {
  int node = 0;
  std::string name;  // for reasons
  int slots = 0;     // attempts that it holds at most, whatever the options say; 0: no such limit
};
// The node gets no new work. Its attempts still end by events of their own.
struct NodeLeft {
  int node = 0;
  std::string name = {};
  std::string reason = {};
};
// The node, which is up or joins next, has trained these shards already and still has the results.
// They are of the round that runs, or where none does of the next one.
struct ResultsCached {
  int node = 0;
  std::vector<int> shards;
  std::string name = {};
};
struct AttemptAccepted {
  AttemptId attempt = 0;
  int queued_behind = 0;  // other tasks of the node
};
struct AttemptRejected {
  AttemptId attempt = 0;
  std::string reason;
};
struct AttemptStarted {
  AttemptId attempt = 0;
  std::chrono::nanoseconds queued_for{};
  std::chrono::nanoseconds held_up_for{};
};
struct AttemptFinished {
  AttemptId attempt = 0;
};
// How an attempt that failed bears on the next one.
enum class FailureKind : std::uint8_t {
  kNodeLost,   // transport failed, or the node is shutting down: try again, elsewhere or later
  kNodeUnfit,  // this node cannot train this shard (its file differs, say): elsewhere this round
  kHopeless,   // it would fail anywhere: give up
};
struct AttemptFailed {
  AttemptId attempt = 0;
  FailureKind kind = FailureKind::kNodeLost;
  std::string reason;
};

using SchedulerEvent =
    std::variant<RoundStarted, NodeJoined, NodeLeft, ResultsCached, AttemptAccepted,
                 AttemptRejected, AttemptStarted, AttemptFinished, AttemptFailed>;

// ---- Decisions

struct Dispatch {
  AttemptId attempt = 0;
  int shard = 0;
  int node = 0;
  int offer = 0;  // offers of this shard to this node earlier in the round
  OfferTerms terms;
  AttemptId hedge_of = 0;  // the attempt that this is a second copy of; 0: none
  std::string reason;
};
// Cancel the attempt; its end is still reported by an event.
struct Cancel {
  AttemptId attempt = 0;
  std::string reason;
};
// The round cannot be completed. Outstanding attempts are cancelled in the same batch.
struct GiveUp {
  int shard = 0;
  std::string reason;  // names the shard and tells what happened to its attempts
};

using Decision = std::variant<Dispatch, Cancel, GiveUp>;

// How long the scheduler waits on what. Experiments scale them together with the injected load.
struct SchedulerWaits {
  // A shard that was rejected waits base * 2^(retries - 1), at most max, where the policy backs off
  // shards. A node whose attempt failed waits likewise by its failures in a row.
  std::chrono::nanoseconds back_off_base = std::chrono::milliseconds(10);
  std::chrono::nanoseconds back_off_max = std::chrono::seconds(1);
  // A node that rejected waits this long, where the policy cools down nodes.
  std::chrono::nanoseconds cool_down = std::chrono::milliseconds(10);
  // An offer that is not answered for this long, and for four times the longest answer seen, is
  // taken for one that is not started.
  std::chrono::nanoseconds answer = std::chrono::milliseconds(250);
  // Of Deadlines: before any silence was seen, and at least.
  std::chrono::nanoseconds first_deadline = std::chrono::minutes(10);
  std::chrono::nanoseconds least_deadline = std::chrono::minutes(1);

  friend bool operator==(const SchedulerWaits&, const SchedulerWaits&) = default;
};

inline constexpr std::chrono::nanoseconds kDefaultHedgeAfter = std::chrono::milliseconds(10);
// What a node is given at most where `slots` is left to the scheduler: each holds parameters.
inline constexpr int kMaxDerivedSlots = 8;

struct SchedulerOptions {
  int shards = 0;
  std::string policy = "pull";  // a name of PolicyNames()
  int max_retries = 100;        // per shard and round
  std::uint64_t seed = 1;
  // For policies that bind when a node is free; the others have neither.
  int slots = 0;  // attempts a node may hold; 0: shards / nodes that are up, at most 8
  // Another copy where an attempt was accepted so long ago and has not started; nullopt: never.
  std::optional<std::chrono::nanoseconds> hedge_after = kDefaultHedgeAfter;
  SchedulerWaits waits;
  AttemptId attempts_before = 0;  // the first attempt has the number after it
};

class Scheduler {
 public:
  // options.policy must be one of PolicyNames(), options.shards at least 1.
  explicit Scheduler(SchedulerOptions options);
  // With a policy that has no name.
  Scheduler(SchedulerOptions options, std::unique_ptr<Policy> policy);

  // Events about attempts that are unknown, have ended, or belong to an earlier round are fine.
  void Apply(TimePoint now, const SchedulerEvent& event);
  // What to do now, in order; a GiveUp comes last, after its Cancels. Call it after every event,
  // with the event's time, and when NextWakeup() has come.
  std::vector<Decision> Decide(TimePoint now);
  // When Decide should be called even without an event; nullopt: only after one. Ask after Decide.
  std::optional<TimePoint> NextWakeup() const;
  // All shards of the round are trained.
  bool Done() const { return shards_.finished() == options_.shards; }
  // That were dispatched and have not ended, of earlier rounds too.
  std::size_t attempts_out() const { return attempts_.size(); }
  // Shards of the round that are trained.
  int finished_shards() const { return shards_.finished(); }
  // Why nothing moves, in words, while no attempt is out and the round is neither done nor given
  // up; else empty. Ask after Decide.
  std::string WaitingFor(TimePoint now) const;
  // What the round waits for, in words, and what happens next. Ask after Decide; costs O(attempts +
  // nodes).
  Explanation Explain(TimePoint now) const;

 private:
  friend class Explainer;

  struct Attempt {
    int shard = 0;
    int node = 0;
    bool wanted = true;       // false: cancelled or of an earlier round, only holds a slot
    bool token_back = false;  // given back at the call-back, as it had not started
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

  // Frees the attempt's slot. nullopt where nothing else follows from its end.
  std::optional<Attempt> End(TimePoint now, AttemptId id);
  // The attempt, which is none of its shard's copies any more, came to nothing: the shard comes
  // back, unless another copy of it is out, for another try if it has any left.
  void Retry(TimePoint now, const Attempt& attempt, std::string what_happened);
  // Calls back those copies of the shard that have not started, or all that are left.
  void CancelCopies(int shard, bool also_started, const std::string& reason);
  void GiveBackToken(Attempt& ended);
  void CheckTrainable(int shard);
  void PlanToGiveUp(int shard, std::string reason);
  void NodesChanged();
  std::chrono::nanoseconds BackOff(int times) const;
  // When the attempt, or for one that waits its node, was last heard.
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
  // Nodes that must not have a copy of the shard: that are unfit, or have one.
  std::set<int> UnfitForCopy(int shard) const;
  // A copy of the shard is on a node where another task computes.
  bool WaitsInLine(int shard) const;
  // Whether a copy on one of `fit`, which is not empty, might help: a task that waits in line would
  // do so there too, unless one of them is idle.
  bool CopyMayHelp(int shard, const Candidates& fit) const;

  SchedulerOptions options_;
  std::unique_ptr<Policy> policy_;
  PolicyTraits traits_;
  std::mt19937_64 random_;
  NodePool nodes_;
  Hedging hedging_;
  Deadlines deadlines_;
  std::map<AttemptId, Attempt> attempts_;  // that are out
  int unanswered_ = 0;                     // of these: neither accepted nor started
  AttemptId last_attempt_ = 0;
  std::chrono::nanoseconds longest_answer_{};

  // By shard of this round, or of the next: the node that is to be asked for its result.
  std::map<int, int> cached_on_;

  // Of this round.
  bool running_ = false;  // begun and not given up
  ShardQueue shards_;
  std::vector<Cancel> cancels_;    // to be decided
  std::optional<GiveUp> give_up_;  // to be decided
  TimePoint decided_;              // when Decide was last called
  bool copies_wait_ = false;       // a copy is due, and no node can take it
};

}  // namespace mlp::coordinator
