// The scheduler's input, events, and its output, decisions.
//
// Events also have what the records of a job need: names, reasons and times that no decision looks
// at. A record of a job (job/job_event.h) is one of these with the shard and the node's name.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "services/attempt/offer_terms.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

// ---- Events

struct RoundStarted {
  std::vector<int> kept = {};  // shards that need no training: their gradients are there already
};
// The node can be given work. Joining again after NodeLeft is fine. Under another name it is
// another node, about which nothing is known yet; the one that had the number has left, without
// attempts.
struct NodeJoined {
  int node = 0;
  std::string name;  // reasons use it
  int slots = 0;     // attempts that it holds at most, whatever the options say; 0: no such limit
  std::string instance = {};  // identifies its process; empty: not known
};
// The node gets no new work. Its attempts still end by events of their own.
struct NodeLeft {
  int node = 0;
  std::string name = {};
  std::string reason = {};
};
// The node, which is up or joins next, has trained these shards already and still has the results.
// They are of the round that runs, or of the next one if none runs.
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
// The attempt must be cancelled. An event still reports its end.
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

}  // namespace mlp::coordinator
