// A round's stage in facts: what it waits for and what comes next.
//
// Nodes are given by name, in the order of their numbers unless a comment says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

// An attempt that is out.
struct AttemptFacts {
  enum class State : std::uint8_t { kOffered, kAccepted, kStarted };
  std::string node;
  bool node_left = false;
  State state = State::kOffered;
  TimePoint since;  // the time at which it came into this state
};

// Shards that are out, and the one of them that is out longest.
struct ShardsOut {
  std::size_t count = 0;
  int longest = 0;
  std::vector<AttemptFacts> copies;  // that shard's, the first one first
};

struct NodeRest {
  std::string node;
  RestCause cause = RestCause::kRejection;
  TimePoint until;
};

// Shards that no node has been given, though nothing holds them back.
struct ShardsReady {
  enum class Cause : std::uint8_t {
    kOfferIsOut,  // the policy makes one offer at a time, and waits for the answer
    kNoNodeUp,
    kAllRest,
    kAllFull,
    kNoneFits,  // each node is full, rests or cannot train the first shard
  };
  std::size_t count = 0;
  int first = 0;  // is given out first
  Cause cause = Cause::kNoneFits;
  int nodes_up = 0;
  int slots = 0;                   // attempts that a node may hold; 0: any number
  std::size_t cancelled = 0;       // attempts that hold a slot and are not wanted any more
  std::vector<NodeRest> resting;   // the first to be back first
  std::vector<std::string> unfit;  // nodes that are up and cannot train the first shard
  std::vector<std::string> full;   // other nodes that are up
  std::string last_return;         // the fate of the first shard's last attempt
};

// Shards that are offered later, because they were rejected.
struct ShardsBackingOff {
  std::size_t count = 0;
  int first = 0;  // is offered first
  TimePoint until;
  std::string last_return;  // the fate of its last attempt
};

// The reason why a task that has not finished gets no second copy before its deadline.
enum class NoCopy : std::uint8_t {
  kHasStarted,
  kPolicyMakesNone,
  kHedgingIsOff,
  kHedgesSpent,
  kNoOtherNodeUp,
  kNoOtherNodeFit,  // others that are up cannot train it
  kWaitsInLine,     // another task computes on its node, and no other node is idle
  kNoFreeSlot,
};

// The next step, if nothing else happens before.
namespace next_step {

// The shards that are ready are given out as soon as a node joins.
struct OfferToNewNode {};
struct OfferAfterAnswer {
  int shard = 0;
};
struct OfferAfterRest {
  int shard = 0;
  std::string node;
  TimePoint at;
};
// An attempt is given up at this time if it gives no sign of life.
struct Deadline {
  int shard = 0;
  std::string node;
  bool started = false;
  TimePoint at;
};
struct OfferToFreeSlot {
  int shard = 0;
  std::optional<Deadline> deadline;  // the first one of the attempts that are out
};
struct OfferAfterBackOff {
  int shard = 0;
  TimePoint at;
};
// The shard gets another copy, unless one of those that it has starts before.
struct AnotherCopy {
  int shard = 0;
  std::size_t copies = 0;          // copies that it has
  std::vector<std::string> nodes;  // one of these gets it
  bool node_rests = false;         // there is one, and it rests until then
  TimePoint at;
  bool race = false;  // meanwhile: as RaceOfCopies
};
// The shard that is out longest has several copies: the first one that starts goes on.
struct RaceOfCopies {};
struct AwaitDeadline {
  std::optional<Deadline> deadline;  // nullopt: nothing is out
  std::optional<NoCopy> no_copy;     // why a lone task is left to it
};

}  // namespace next_step

using NextStep =
    std::variant<std::monostate, next_step::OfferToNewNode, next_step::OfferAfterAnswer,
                 next_step::OfferAfterRest, next_step::OfferToFreeSlot,
                 next_step::OfferAfterBackOff, next_step::AnotherCopy, next_step::RaceOfCopies,
                 next_step::AwaitDeadline>;

// Processes that died while they computed a shard, and whose number fails the job if it grows.
struct ShardDeaths {
  int shard = 0;
  std::vector<std::string> nodes;  // of each death, the first one first
};

struct RoundFacts {
  TimePoint time;           // the time of the facts
  std::string policy;       // its name
  bool waits = false;       // false: no round runs, or it is done; nothing else is said then
  bool no_node_up = false;  // nor is an attempt out: this is all that it waits for

  std::optional<ShardsOut> held;       // none of their copies has started
  std::optional<ShardsOut> computing;  // one of their copies has started
  std::vector<std::string> computing_on;
  std::optional<ShardsReady> ready;
  std::optional<ShardsBackingOff> backing_off;
  std::optional<ShardDeaths> deaths;  // over the shard that has the most, if there are any
  std::optional<TimePoint> since;     // the first of these is so; nullopt: not known
  NextStep next;
};

}  // namespace mlp::coordinator
