// Runs a job's rounds: in each, every shard is trained once, from the same parameters.
//
// The flow between the pure scheduler and the cluster carries out decisions, turns what happens
// into events for the scheduler, and records both.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/channel.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/task_group.h"
#include "services/coordinator/job/explanation.h"
#include "services/coordinator/job/gradient_sizes.h"
#include "services/coordinator/job/round_result.h"
#include "services/coordinator/run/job_world.h"
#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {

struct Dataset;

// The reports of the attempts and the cluster to the round's loop: events of the scheduler, and
// these, which are turned into events when their turn comes.
namespace round_event {
struct Ended {
  AttemptId attempt = 0;
  absl::StatusOr<AttemptOutcome> outcome;
};
struct Stopped {};
}  // namespace round_event
using RoundEvent = std::variant<NodeJoined, NodeLeft, AttemptAccepted, AttemptStarted,
                                round_event::Ended, round_event::Stopped>;

// Shards of a round that were trained before the coordinator was restarted, by number.
using RestoredShards = std::map<int, std::shared_ptr<const ShardResult>>;

// Everything about one job that lasts longer than a round. Runs its rounds one after the other; the
// first one starts by learning which nodes are up. Loop thread only; must outlive its flows: await
// Finish() before destroying it.
class RoundRunner final : private MembershipObserver {
 public:
  RoundRunner(const Job& job, const Dataset& dataset, const JobWorld& world);
  ~RoundRunner() override;

  // Trains all shards from `parameters`, but those that are `kept`. Ends early with Cancelled after
  // `stop`, or with the reason why the round could not be completed. Attempts may still be out when
  // it returns.
  async::Task<absl::StatusOr<RoundResult>> Run(int round, RoundParameters parameters,
                                               RestoredShards kept, std::stop_token stop);
  // Cancels the attempts that are out and waits for their end. DataLoss if the last round was
  // completed and a late copy of one of its shards has another gradient.
  async::Task<absl::Status> Finish();

  // The error of parameters that became non-finite: `what`, and what to do (GradientSizes).
  absl::Status NotFinite(const std::string& what) const;

  // Explains what the round that runs waits for; if no node is up, why.
  Explanation Explain() const;

 private:
  // Tells the records and the scheduler that a round begins.
  absl::Status Begin(int round, RoundParameters parameters, const RestoredShards& kept);
  // Waits while the store cannot be written to, or is behind. If it cannot be written to, the
  // records say so.
  async::Task<> AwaitRoom(std::stop_token stop);
  // A shard's gradient according to its first copy.
  struct FirstResult {
    std::string digest;  // empty: none has come
    std::string node;    // its name
  };
  using FirstResults = std::vector<FirstResult>;  // keyed by shard

  // An attempt that is out.
  struct Attempt {
    int round = 0;
    int shard = 0;
    std::string node;  // its name; its number may be another's by the time that the end is handled
    TimePoint dispatched;
    std::stop_source stop;                        // requested: cancelled
    std::shared_ptr<FirstResults> first_results;  // its round's
  };

  void OnNodeJoined(int node, const std::string& name) override;
  void OnNodeLeft(int node, const std::string& name, const std::string& reason) override;

  // Carries out a decision of the scheduler. An error ends the round.
  absl::Status CarryOut(Decision decision);
  void Send(const Dispatch& dispatch);
  void CancelAttempt(Cancel cancel);
  async::Task<> RunAttempt(AttemptId id, int node, std::shared_ptr<const TrainTask> task,
                           std::stop_token stop);
  std::shared_ptr<const TrainTask> TaskFor(const Dispatch& dispatch) const;

  // Tells the scheduler and the journal what happened. An error ends the round.
  absl::Status Handle(RoundEvent happened);
  absl::Status On(NodeJoined joined);
  absl::Status On(NodeLeft left);
  // Handles an event of an attempt that goes on.
  template <class What>
  absl::Status On(What what);
  absl::Status On(round_event::Ended ended);
  absl::Status On(round_event::Stopped stopped);
  absl::Status OnTrained(AttemptId id, const Attempt& attempt, SharedTrained trained);
  absl::Status OnFailed(AttemptId id, const Attempt& attempt, const absl::Status& status);
  // Compares a copy with the first one, whose gradient it must have, bit for bit. DataLoss if they
  // differ.
  absl::Status CompareCopies(const Attempt& attempt, const std::string& digest);

  // Gives an event to the scheduler and the journal.
  template <class What>
  void Note(int round, What what);
  template <class What>
  void Note(const Attempt& attempt, What what);
  // Notes the results of this round that nodes have from before.
  void NoteCachedResults();
  void NoteWaiting();
  const std::string& NodeName(int node) const;
  void Record(int round, JobEvent::Body body);
  template <class What>
  events::OfAttempt<What> Of(const Attempt& attempt, What what) const;

  const Job& job_;
  const Dataset& dataset_;
  async::Clock& clock_;
  Cluster& cluster_;
  Journal& journal_;
  Scheduler scheduler_;
  async::Channel<RoundEvent> event_queue_;
  async::TaskGroup tasks_;
  std::map<AttemptId, Attempt> attempts_;
  // The one time of a turn: its event, its decisions and the records of both have it.
  TimePoint now_;
  // The shards of this job whose results nodes have, keyed by round and node.
  std::map<int, std::map<int, std::vector<int>>> cached_results_;

  GradientSizes gradient_sizes_;

  // The round that runs now has these.
  TrainTask task_;  // lacks the fields of a shard or an attempt; round 0: none has begun
  std::optional<RoundResult> result_;
  std::shared_ptr<FirstResults> first_results_;
  std::string waiting_for_;
  std::optional<TimePoint> waiting_since_;
};

}  // namespace mlp::coordinator
