#include "services/coordinator/run/run_round.h"

#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attempt/trained.h"
#include "services/base/duration_text.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/dataset.h"
#include "services/coordinator/membership/down_nodes.h"
#include "services/coordinator/run/explain_round.h"

namespace mlp::coordinator {
namespace {

SchedulerOptions OptionsFor(const Job& job, const JobWorld& world) {
  SchedulerOptions options;
  options.shards = static_cast<int>(job.shards);
  options.policy = job.spec.policy;
  options.max_retries = job.spec.max_retries;
  options.seed = world.scheduler_seed.value_or(job.spec.seed);
  options.slots = job.spec.slots;
  options.hedge_after = job.spec.hedge_after;
  options.waits = world.waits;
  options.attempts_before = job.statistics.attempts;
  return options;
}

// Returns how a failed attempt bears on the next one.
FailureKind KindOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kResourceExhausted:
      return FailureKind::kNodeUnfit;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return FailureKind::kHopeless;
    default:
      return FailureKind::kNodeLost;
  }
}

}  // namespace

RoundRunner::RoundRunner(const Job& job, const Dataset& dataset, const JobWorld& world)
    : job_(job),
      dataset_(dataset),
      clock_(world.clock),
      cluster_(world.cluster),
      journal_(world.journal),
      scheduler_(OptionsFor(job, world)),
      event_queue_(world.clock),
      now_(world.clock.Now()) {
  task_.job_id = job.id;
  task_.round = 0;
  task_.model = std::make_shared<const ModelSpec>(job.model);
  task_.data.dataset = dataset.name;
  task_.data.labels = LabelKindOf(job.model);
  Record(0, events::SchedulingBegan{OptionsFor(job, world)});
  const auto& nodes = cluster_.nodes();
  for (int node = 0; node < static_cast<int>(nodes.size()); ++node) {
    const NodeStatus& status = nodes[static_cast<std::size_t>(node)];
    if (status.state == NodeState::kUp) (void)On(NodeJoined{node, status.name});
  }
  cluster_.SetObserver(this);
}

RoundRunner::~RoundRunner() { cluster_.SetObserver(nullptr); }

async::Task<absl::StatusOr<RoundResult>> RoundRunner::Run(int round, RoundParameters parameters,
                                                          RestoredShards kept,
                                                          std::stop_token stop) {
  if (absl::Status status = Begin(round, std::move(parameters), kept); !status.ok()) {
    co_return status;
  }
  const std::stop_callback on_stop(stop, [this] { event_queue_.Push(round_event::Stopped{}); });

  while (true) {
    // The last decisions, when every shard is trained, cancel the copies that are still out.
    for (Decision& decision : scheduler_.Decide(now_)) {
      if (absl::Status status = CarryOut(std::move(decision)); !status.ok()) co_return status;
    }
    NoteWaiting();
    if (scheduler_.Done()) break;
    co_await AwaitRoom(stop);
    std::optional<RoundEvent> happened = co_await event_queue_.NextBefore(scheduler_.NextWakeup());
    now_ = clock_.Now();
    if (!happened) continue;
    absl::Status status = Handle(*std::move(happened));
    if (!status.ok()) co_return status;
  }
  co_return std::move(*result_);
}

absl::Status RoundRunner::Begin(int round, RoundParameters parameters, const RestoredShards& kept) {
  task_.round = round;
  task_.parameters = std::move(parameters);
  task_.training = TrainingOptionsOf(job_.spec, dataset_.class_rows, round);
  auto begin = WithinMemory("the sum of the gradients on the coordinator", [this] {
    result_.emplace(job_, dataset_, *task_.parameters.values);
    return absl::OkStatus();
  });
  if (absl::Status status = begin(); !status.ok()) return status;
  first_results_ = std::make_shared<FirstResults>(job_.shards);
  now_ = clock_.Now();
  RoundStarted started;
  for (const auto& [shard, result] : kept) {
    if (absl::Status status = result_->Add(shard, *result); !status.ok()) return status;
    started.kept.push_back(shard);
  }
  NoteCachedResults();
  Record(task_.round, events::RoundStarted{static_cast<int>(job_.shards), started.kept});
  scheduler_.Apply(now_, started);
  return absl::OkStatus();
}

async::Task<> RoundRunner::AwaitRoom(std::stop_token stop) {
  if (journal_.trouble().ok()) {
    co_await journal_.Room(stop);
    co_return;
  }
  now_ = clock_.Now();
  waiting_for_ = absl::StrCat(events::Waiting::kPaused, journal_.trouble().message());
  Record(task_.round, events::Waiting{waiting_for_});
  co_await journal_.Room(std::move(stop));
  now_ = clock_.Now();
  NoteWaiting();
}

async::Task<absl::Status> RoundRunner::Finish() {
  for (auto& [id, attempt] : attempts_) attempt.stop.request_stop();
  co_await tasks_.Join();
  absl::Status found;
  while (scheduler_.Done()) {
    std::optional<RoundEvent> happened = co_await event_queue_.NextBefore(clock_.Now());
    if (!happened) break;
    now_ = clock_.Now();
    const absl::Status status = Handle(*std::move(happened));
    if (absl::IsDataLoss(status)) found.Update(status);
  }
  co_return found;
}

void RoundRunner::OnNodeJoined(int node, const std::string& name) {
  event_queue_.Push(NodeJoined{node, name});
}

void RoundRunner::OnNodeLeft(int node, const std::string& name, const std::string& reason) {
  event_queue_.Push(NodeLeft{node, name, reason});
}

template <class What>
events::OfAttempt<What> RoundRunner::Of(const Attempt& attempt, What what) const {
  return {std::move(what), attempt.shard, attempt.node};
}

// ---- Decisions

absl::Status RoundRunner::CarryOut(Decision decision) {
  if (const auto* dispatch = std::get_if<Dispatch>(&decision)) {
    Send(*dispatch);
  } else if (auto* cancel = std::get_if<Cancel>(&decision)) {
    CancelAttempt(std::move(*cancel));
  } else {
    auto& give_up = std::get<GiveUp>(decision);
    absl::Status why =
        absl::AbortedError(absl::StrCat("round ", task_.round, ": ", give_up.reason));
    Record(task_.round, std::move(give_up));
    return why;
  }
  return absl::OkStatus();
}

void RoundRunner::Send(const Dispatch& dispatch) {
  Attempt attempt;
  attempt.round = task_.round;
  attempt.shard = dispatch.shard;
  attempt.node = scheduler_.node_name(dispatch.node);
  attempt.dispatched = now_;
  attempt.first_results = first_results_;
  events::AttemptDispatched record{Of(attempt, events::AttemptNumber{dispatch.attempt})};
  record.reason = dispatch.reason;
  record.node_number = dispatch.node;
  record.hedge_of = dispatch.hedge_of;
  record.offer = dispatch.offer;
  Record(attempt.round, std::move(record));
  const std::stop_token stop = attempt.stop.get_token();
  attempts_.emplace(dispatch.attempt, std::move(attempt));
  tasks_.Spawn(RunAttempt(dispatch.attempt, dispatch.node, TaskFor(dispatch), stop));
}

void RoundRunner::CancelAttempt(Cancel cancel) {
  const auto found = attempts_.find(cancel.attempt);
  if (found == attempts_.end()) return;
  Attempt& attempt = found->second;
  Record(attempt.round, Of(attempt, std::move(cancel)));
  attempt.stop.request_stop();
}

std::shared_ptr<const TrainTask> RoundRunner::TaskFor(const Dispatch& dispatch) const {
  const auto& shard = dataset_.shards[static_cast<std::size_t>(dispatch.shard)];
  auto task = std::make_shared<TrainTask>(task_);
  task->shard = dispatch.shard;
  task->offer = dispatch.offer;
  task->terms = dispatch.terms;
  task->data.file = shard.file;
  task->data.sha256 = shard.sha256;
  task->training.key.shard = dispatch.shard;
  return task;
}

async::Task<> RoundRunner::RunAttempt(AttemptId id, int node, std::shared_ptr<const TrainTask> task,
                                      std::stop_token stop) {
  struct Reporter final : AttemptObserver {
    Reporter(AttemptId attempt, async::Channel<RoundEvent>& to) : attempt(attempt), to(to) {}
    void OnAccepted(int queued_behind) override {
      to.Push(AttemptAccepted{attempt, queued_behind});
    }
    void OnStarted(std::chrono::nanoseconds queued_for,
                   std::chrono::nanoseconds held_up_for) override {
      to.Push(AttemptStarted{attempt, queued_for, held_up_for});
    }
    AttemptId attempt;
    async::Channel<RoundEvent>& to;
  };

  Reporter reporter(id, event_queue_);
  absl::StatusOr<AttemptOutcome> outcome =
      co_await cluster_.TrainShard(node, std::move(task), reporter, std::move(stop));
  event_queue_.Push(round_event::Ended{id, std::move(outcome)});
}

// ---- What happened

template <class What>
void RoundRunner::Note(int round, What what) {
  scheduler_.Apply(now_, what);
  Record(round, std::move(what));
}

template <class What>
void RoundRunner::Note(const Attempt& attempt, What what) {
  scheduler_.Apply(now_, what);
  Record(attempt.round, Of(attempt, std::move(what)));
}

absl::Status RoundRunner::Handle(RoundEvent happened) {
  return std::visit([this](auto& what) { return On(std::move(what)); }, happened);
}

absl::Status RoundRunner::On(NodeJoined joined) {
  const NodeStatus& node = cluster_.nodes()[static_cast<std::size_t>(joined.node)];
  for (const CachedResult& kept : node.cached_results) {
    // The records take over the node's words, so these must make sense.
    const bool exists = kept.shard >= 0 && kept.shard < static_cast<int>(job_.shards);
    if (kept.job_id == job_.id && exists) {
      cached_results_[kept.round][joined.node].push_back(kept.shard);
    }
  }
  NoteCachedResults();
  joined.slots = node.slots;
  joined.instance = node.instance_id;
  scheduler_.Apply(now_, joined);
  Record(0, events::NodeJoined{std::move(joined), node.load});
  return absl::OkStatus();
}

void RoundRunner::NoteCachedResults() {
  const auto found = cached_results_.find(task_.round);
  if (found == cached_results_.end()) return;
  // The scheduler gets these before the event that makes it decide: the round's start, or that the
  // node joins.
  for (auto& [node, shards] : found->second) {
    Note(task_.round, ResultsCached{node, std::move(shards), NodeName(node)});
  }
  cached_results_.erase(cached_results_.begin(), std::next(found));
}

absl::Status RoundRunner::On(NodeLeft left) {
  for (auto& [round, nodes] : cached_results_) nodes.erase(left.node);
  Note(0, std::move(left));
  return absl::OkStatus();
}

template <class What>
absl::Status RoundRunner::On(What what) {
  const Attempt& attempt = attempts_.at(what.attempt);
  Note(attempt, std::move(what));
  return absl::OkStatus();
}

absl::Status RoundRunner::On(round_event::Ended ended) {
  const auto node = attempts_.extract(ended.attempt);
  const Attempt& attempt = node.mapped();
  if (!ended.outcome.ok()) return OnFailed(ended.attempt, attempt, ended.outcome.status());
  if (const auto* reason = std::get_if<RejectReason>(&*ended.outcome)) {
    Note(attempt, AttemptRejected{ended.attempt, ReasonText(*reason)});
    return absl::OkStatus();
  }
  return OnTrained(ended.attempt, attempt, std::get<SharedTrained>(*std::move(ended.outcome)));
}

absl::Status RoundRunner::On(round_event::Stopped) { return absl::CancelledError("cancelled"); }

absl::Status RoundRunner::OnTrained(AttemptId id, const Attempt& attempt, SharedTrained trained) {
  const AttemptFinished finished{id};
  scheduler_.Apply(now_, finished);
  events::AttemptFinished record{Of(attempt, finished)};
  record.total_time = now_ - attempt.dispatched;
  record.compute_time = trained->compute_time;
  record.load_time = trained->load_time;
  record.epochs_run = trained->epochs_run;
  record.training = trained->training;
  record.rows_source = dataset_.shards[static_cast<std::size_t>(attempt.shard)].file;
  record.superseded = attempt.stop.stop_requested();
  Record(attempt.round, std::move(record));
  if (absl::Status status = CompareCopies(attempt, trained->digest); !status.ok()) return status;
  if (attempt.stop.stop_requested()) return absl::OkStatus();

  journal_.KeepShard(job_.id, attempt.round, attempt.shard, trained);
  gradient_sizes_.Add(attempt.node, attempt.round, attempt.shard,
                      LargestMagnitude(*trained->gradient));
  return result_->Add(attempt.shard, *trained);
}

absl::Status RoundRunner::NotFinite(const std::string& what) const {
  return absl::OutOfRangeError(absl::StrCat(what, "; ", gradient_sizes_.Advice()));
}

absl::Status RoundRunner::OnFailed(AttemptId id, const Attempt& attempt,
                                   const absl::Status& status) {
  AttemptFailed failed{id, KindOf(status), std::string(status.message())};
  if (attempt.stop.stop_requested()) {
    scheduler_.Apply(now_, failed);
    Record(attempt.round, Of(attempt, events::AttemptNumber{id}));
  } else {
    Note(attempt, std::move(failed));
  }
  if (!absl::IsOutOfRange(status)) return absl::OkStatus();
  // This is the one failure that says something about the job rather than about a node.
  return NotFinite(absl::StrCat("parameters became non-finite in round ", attempt.round, " (shard ",
                                attempt.shard, ", ",
                                dataset_.shards[static_cast<std::size_t>(attempt.shard)].file,
                                ", on node ", attempt.node, ": ", status.message(), ")"));
}

absl::Status RoundRunner::CompareCopies(const Attempt& attempt, const std::string& digest) {
  FirstResult& first = (*attempt.first_results)[static_cast<std::size_t>(attempt.shard)];
  if (first.digest.empty()) first = FirstResult{digest, attempt.node};
  if (first.digest == digest) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "round ", attempt.round, ": nodes ", first.node, " and ", attempt.node,
      " computed different gradients for shard ", attempt.shard, " (SHA-256 ",
      Hex(first.digest).substr(0, 12), "… and ", Hex(digest).substr(0, 12),
      "…): one of these machines computes wrong, so no result can be trusted; test both alone "
      "with the same job"));
}

// Says what the job waits for, if only an outside event can move it on.
void RoundRunner::NoteWaiting() {
  std::string reason;
  if (!scheduler_.NextWakeup() && scheduler_.attempts_out() == 0) {
    const RoundFacts facts = scheduler_.Explain(now_);
    if (facts.waits) {
      reason =
          absl::StrCat(ExplainRound(facts).waiting_for, ": ", DescribeDownNodes(cluster_.nodes()));
    }
  }
  if (reason == waiting_for_) return;
  if (reason.empty()) {
    waiting_since_.reset();
  } else if (!waiting_since_) {
    waiting_since_ = now_;
  }
  waiting_for_ = reason;
  Record(task_.round, events::Waiting{std::move(reason)});
}

Explanation RoundRunner::Explain() const {
  const TimePoint now = clock_.Now();
  const RoundFacts facts = scheduler_.Explain(now);
  Explanation said = ExplainRound(facts);
  if (!journal_.trouble().ok()) {
    said.waiting_for = waiting_for_;
    said.next = "the job goes on by itself as soon as the store can be written to";
    said.next_at.reset();
    return said;
  }
  if (!facts.no_node_up) return said;
  said.since = waiting_since_;
  if (said.since) absl::StrAppend(&said.waiting_for, " for ", RoughDuration(now - *said.since));
  absl::StrAppend(&said.waiting_for, ": ", DescribeDownNodes(cluster_.nodes()));
  return said;
}

const std::string& RoundRunner::NodeName(int node) const {
  return cluster_.nodes()[static_cast<std::size_t>(node)].name;
}

void RoundRunner::Record(int round, JobEvent::Body body) {
  journal_.RecordAt(now_, job_.id, round, std::move(body));
}

}  // namespace mlp::coordinator
