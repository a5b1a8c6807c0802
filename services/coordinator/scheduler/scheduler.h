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

#include "services/coordinator/scheduler/node_pool.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/coordinator/scheduler/shard_queue.h"

namespace mlp::coordinator {

using AttemptId = std::int64_t;  // 1, 2, 3 … within a job

// ---- Events

struct RoundStarted {};
// The node can be given work. Joining again after NodeLeft is fine.
struct NodeJoined {
  int node = 0;
  std::string name;  // for reasons
};
// The node gets no new work. Its attempts still end by events of their own.
struct NodeLeft {
  int node = 0;
};
struct AttemptAccepted {
  AttemptId attempt = 0;
};
struct AttemptRejected {
  AttemptId attempt = 0;
  std::string reason;
};
struct AttemptStarted {
  AttemptId attempt = 0;
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
    std::variant<RoundStarted, NodeJoined, NodeLeft, AttemptAccepted, AttemptRejected,
                 AttemptStarted, AttemptFinished, AttemptFailed>;

// ---- Decisions

struct Dispatch {
  AttemptId attempt = 0;
  int shard = 0;
  int node = 0;
  int offer = 0;  // offers of this shard to this node earlier in the round
  OfferTerms terms;
  std::string reason;
};
// Call the attempt back; its end is still reported by an event.
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

struct SchedulerOptions {
  int shards = 0;
  std::string policy = "pull";  // a name of PolicyNames()
  int max_retries = 100;        // per shard and round
  // A shard that was rejected waits base * 2^(retries - 1), at most max, where the policy backs off
  // shards. A node whose attempt failed waits likewise by its failures in a row.
  std::chrono::nanoseconds back_off_base = std::chrono::milliseconds(10);
  std::chrono::nanoseconds back_off_max = std::chrono::seconds(1);
  // A node that rejected waits this long, where the policy cools down nodes.
  std::chrono::nanoseconds cool_down = std::chrono::milliseconds(10);
  std::uint64_t seed = 1;
};

class Scheduler {
 public:
  // options.policy must be one of PolicyNames(), options.shards at least 1.
  explicit Scheduler(SchedulerOptions options);

  // Events about attempts that are unknown, have ended, or belong to an earlier round are fine.
  void Apply(TimePoint now, const SchedulerEvent& event);
  // What to do now, in order; a GiveUp comes last, after its Cancels. Call it after events and when
  // NextWakeup() has come.
  std::vector<Decision> Decide(TimePoint now);
  // When Decide should be called even without an event; nullopt: only after one. Ask after Decide.
  std::optional<TimePoint> NextWakeup() const;
  // All shards of the round are trained.
  bool Done() const { return shards_.finished() == options_.shards; }
  // Shards of the round that are trained.
  int finished_shards() const { return shards_.finished(); }
  // Why nothing moves, in words, while no attempt is out and the round is neither done nor given
  // up; else empty. Ask after Decide.
  std::string WaitingFor(TimePoint now) const;

 private:
  struct Attempt {
    int shard = 0;
    int node = 0;
    bool wanted = true;  // false: cancelled or of an earlier round, only holds a slot
  };

  void On(TimePoint now, const RoundStarted& event);
  void On(TimePoint now, const NodeJoined& event);
  void On(TimePoint now, const NodeLeft& event);
  void On(TimePoint now, const AttemptAccepted& event);
  void On(TimePoint now, const AttemptRejected& event);
  void On(TimePoint now, const AttemptStarted& event);
  void On(TimePoint now, const AttemptFinished& event);
  void On(TimePoint now, const AttemptFailed& event);

  // Frees the attempt's slot. nullopt where nothing else follows from its end.
  std::optional<Attempt> End(TimePoint now, AttemptId id);
  // The attempt's shard comes back, for another try if it has any left.
  void Retry(const Attempt& attempt, std::string what_happened);
  void CheckTrainable(int shard);
  void PlanToGiveUp(int shard, std::string reason);
  std::chrono::nanoseconds BackOff(int times) const;

  std::vector<Decision> GiveUpNow();
  std::optional<Choice> Choose(int shard, const std::vector<Candidate>& candidates);
  Dispatch Bind(int shard, Choice choice);

  SchedulerOptions options_;
  std::unique_ptr<Policy> policy_;
  std::mt19937_64 random_;
  NodePool nodes_;
  std::map<AttemptId, Attempt> attempts_;  // that are out
  AttemptId last_attempt_ = 0;

  // Of this round.
  bool running_ = false;  // begun and not given up
  ShardQueue shards_{0};
  std::optional<GiveUp> give_up_;  // to be decided
};

}  // namespace mlp::coordinator
