#include "services/coordinator/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/duration_text.h"

namespace mlp::coordinator {
namespace {

// The number of shards whose copies no node can take that one decision looks at: its cost must not
// grow with the cluster.
constexpr int kMaxCopiesSkipped = 16;

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options)
    : Scheduler(options, MakePolicy(options.policy)) {}

Scheduler::Scheduler(SchedulerOptions options, std::unique_ptr<Policy> policy)
    : options_(std::move(options)),
      policy_(std::move(policy)),
      traits_(policy_->traits()),
      random_(options_.seed),
      hedging_(options_.shards),
      deadlines_(options_.waits.first_deadline, options_.waits.least_deadline),
      last_attempt_(options_.attempts_before),
      shards_(options_.shards) {
  if (traits_.binding == Binding::kAtOnce) options_.hedge_after.reset();
}

void Scheduler::Apply(TimePoint now, const SchedulerEvent& event) {
  std::visit([&](const auto& each) { On(now, each); }, event);
}

// ---- Events

void Scheduler::On(TimePoint /*now*/, const RoundStarted& event) {
  for (auto& [id, attempt] : attempts_) attempt.wanted = false;
  shards_.Restart();
  for (const int shard : event.kept) shards_.Finish(shard);
  hedging_.ForgetAll();
  cancels_.clear();
  give_up_.reset();
  running_ = true;
}

void Scheduler::On(TimePoint now, const NodeJoined& event) {
  const bool is_another = nodes_.Join(now, event.node, event.name, event.slots);
  if (is_another) shards_.Readmit(event.node);
  deaths_.Joined(event.node, event.instance);
  NodesChanged();
}

void Scheduler::On(TimePoint /*now*/, const NodeLeft& event) {
  nodes_.Leave(event.node);
  deaths_.Left(event.node);
  std::erase_if(cached_on_, [&](const auto& kept) { return kept.second == event.node; });
  NodesChanged();
}

void Scheduler::NodesChanged() {
  if (traits_.binding == Binding::kWhenFree && nodes_.up() > 0) {
    const int share = (options_.shards + nodes_.up() - 1) / nodes_.up();
    nodes_.SetSlots(options_.slots > 0 ? options_.slots : std::min(share, kMaxDerivedSlots));
  }
  for (const int shard : shards_.PickyShards()) CheckTrainable(shard);
  CheckDeaths();
}

void Scheduler::On(TimePoint /*now*/, const ResultsCached& event) {
  for (const int shard : event.shards) {
    if (shard < options_.shards) cached_on_.emplace(shard, event.node);
  }
}

void Scheduler::On(TimePoint now, const AttemptAccepted& event) {
  const auto found = attempts_.find(event.attempt);
  if (found == attempts_.end()) return;
  Attempt& attempt = found->second;
  if (!attempt.answered()) --unanswered_;
  attempt.accepted = now;
  nodes_.Hear(now, attempt.node);
  deaths_.Answered(attempt.node);
  longest_answer_ = std::max(longest_answer_, now - attempt.dispatched);
  if (attempt.wanted && options_.hedge_after) {
    hedging_.Expect(attempt.shard, now + *options_.hedge_after);
  }
}

void Scheduler::On(TimePoint now, const AttemptStarted& event) {
  const auto found = attempts_.find(event.attempt);
  if (found == attempts_.end()) return;
  Attempt& attempt = found->second;
  deadlines_.Ended(LastSign(attempt), now);
  if (!attempt.answered()) --unanswered_;
  if (!attempt.started) nodes_.BeginComputing(attempt.node);
  attempt.started = now;
  nodes_.Hear(now, attempt.node);
  deaths_.Answered(attempt.node);
  if (attempt.token_back) hedging_.Pay();  // it was cancelled too late
  if (!attempt.wanted) return;
  hedging_.Forget(attempt.shard);
  CancelCopies(attempt.shard, /*also_started=*/false,
               absl::StrCat("attempt ", event.attempt, " of the same shard has started on node ",
                            nodes_.name(attempt.node)));
}

void Scheduler::On(TimePoint now, const AttemptRejected& event) {
  const std::optional<Attempt> attempt = End(now, event.attempt);
  if (!attempt) return;
  longest_answer_ = std::max(longest_answer_, now - attempt->dispatched);
  Retry(now, *attempt,
        absl::StrCat("node ", nodes_.name(attempt->node), " rejected it: ", event.reason));
  switch (traits_.after_rejection) {
    case AfterRejection::kCoolDownNode:
      nodes_.LetRest(now, attempt->node, options_.waits.cool_down, RestCause::kRejection);
      break;
    case AfterRejection::kBackOffShard:
      if (shards_.ready().contains(attempt->shard)) {
        shards_.BackOff(attempt->shard, now + BackOff(shards_.retries(attempt->shard)));
      }
      break;
    case AfterRejection::kRetryAtOnce:
      break;
  }
}

void Scheduler::On(TimePoint now, const AttemptFinished& event) {
  const std::optional<Attempt> attempt = End(now, event.attempt);
  if (!attempt) return;
  deadlines_.Ended(LastSign(*attempt), now);
  deadlines_.Trained();
  deaths_.Trained();
  nodes_.ForgetFailures(attempt->node);
  hedging_.Forget(attempt->shard);
  hedging_.Earn();
  CancelCopies(
      attempt->shard, /*also_started=*/true,
      absl::StrCat("attempt ", event.attempt, " of the same shard has finished first, on node ",
                   nodes_.name(attempt->node)));
  shards_.Finish(attempt->shard);
  shards_.NoteHolder(attempt->shard, attempt->node);
}

void Scheduler::On(TimePoint now, const AttemptFailed& event) {
  const std::optional<Attempt> attempt = End(now, event.attempt);
  if (!attempt) return;
  const std::string node = absl::StrCat("node ", nodes_.name(attempt->node));
  switch (event.kind) {
    case FailureKind::kNodeLost:
      nodes_.LetRest(now, attempt->node, BackOff(nodes_.CountFailure(attempt->node)),
                     RestCause::kFailure);
      if (attempt->started) deaths_.Lost(attempt->shard, attempt->node, attempt->process);
      Retry(now, *attempt, absl::StrCat(node, " failed: ", event.reason));
      CheckDeaths();
      break;
    case FailureKind::kNodeUnfit:
      shards_.Exclude(attempt->shard, attempt->node);
      Retry(now, *attempt, absl::StrCat(node, " cannot train it: ", event.reason));
      break;
    case FailureKind::kHopeless:
      PlanToGiveUp(attempt->shard,
                   absl::StrCat("shard ", attempt->shard, " would fail on any node: ", node,
                                " says: ", event.reason));
      break;
  }
}

std::optional<Scheduler::Attempt> Scheduler::End(TimePoint now, AttemptId id) {
  auto ended = attempts_.extract(id);
  if (ended.empty()) return std::nullopt;
  Attempt& attempt = ended.mapped();
  if (!attempt.answered()) --unanswered_;
  if (attempt.started) nodes_.EndComputing(attempt.node);
  deadlines_.Forget(id);
  nodes_.End(now, attempt.node);
  nodes_.Hear(now, attempt.node);
  if (!attempt.wanted) return std::nullopt;
  shards_.Drop(attempt.shard, id);
  GiveBackToken(attempt);
  return attempt;
}

// Gives back the token of a copy that ends before it was started, because that has cost no
// arithmetic. It may be either of two copies: one of them was paid for.
void Scheduler::GiveBackToken(Attempt& ended) {
  const bool was_copy = ended.hedge_of != 0 || !shards_.copies(ended.shard).empty();
  ended.token_back = was_copy && !ended.started;
  if (ended.token_back) hedging_.GiveBack();
}

void Scheduler::Retry(TimePoint now, const Attempt& attempt, std::string what_happened) {
  const int shard = attempt.shard;
  shards_.ComeBack(shard, std::move(what_happened));
  if (const auto& copies = shards_.copies(shard); !copies.empty()) {
    const auto started = [this](AttemptId id) { return attempts_.at(id).started.has_value(); };
    if (options_.hedge_after && std::ranges::none_of(copies, started)) hedging_.Expect(shard, now);
    return;
  }
  hedging_.Forget(shard);
  if (shards_.retries(shard) > options_.max_retries) {
    PlanToGiveUp(shard, absl::StrCat("shard ", shard, " ran out of retries (max_retries ",
                                     options_.max_retries, ", attempts ", shards_.retries(shard),
                                     "): ", shards_.History(shard)));
  }
  CheckTrainable(shard);
}

void Scheduler::CancelCopies(int shard, bool also_started, const std::string& reason) {
  const std::vector<AttemptId> copies = shards_.copies(shard);
  for (const AttemptId id : copies) {
    Attempt& attempt = attempts_.at(id);
    if (attempt.started && !also_started) continue;
    attempt.wanted = false;
    shards_.Drop(shard, id);
    GiveBackToken(attempt);
    cancels_.push_back(Cancel{id, reason});
  }
}

// Gives up if every node that is up has said that it cannot train the shard.
void Scheduler::CheckTrainable(int shard) {
  const auto is_up = [this](int node) { return nodes_.IsUp(node); };
  const auto unfit = std::ranges::count_if(shards_.excluded_nodes(shard), is_up);
  if (unfit == 0 || unfit < nodes_.up()) return;
  PlanToGiveUp(shard, absl::StrCat("shard ", shard, " cannot be trained by any node that is up (",
                                   nodes_.up(), "): ", shards_.History(shard)));
}

// Gives up if a shard has taken several processes down: it would go on with all that come back.
void Scheduler::CheckDeaths() {
  const std::optional<int> shard = deaths_.Culprit();
  if (!shard) return;
  std::vector<std::string> names;
  for (const int node : deaths_.Of(*shard)) names.push_back(nodes_.name(node));
  PlanToGiveUp(*shard, DescribeDeaths(*shard, names));
}

void Scheduler::PlanToGiveUp(int shard, std::string reason) {
  if (running_ && !give_up_) give_up_ = GiveUp{shard, std::move(reason)};
}

std::chrono::nanoseconds Scheduler::BackOff(int times) const {
  std::chrono::nanoseconds wait = options_.waits.back_off_base;
  for (int i = 1; i < times && wait < options_.waits.back_off_max; ++i) wait *= 2;
  return std::min(wait, options_.waits.back_off_max);
}

TimePoint Scheduler::LastSign(const Attempt& attempt) const {
  if (attempt.started) return *attempt.started;
  return std::max(attempt.dispatched, nodes_.last_heard(attempt.node));
}

// ---- Decisions

std::vector<Decision> Scheduler::Decide(TimePoint now) {
  std::vector<Decision> decisions;
  decided_ = now;
  copies_wait_ = false;
  ExpireSilent(now, decisions);
  for (Cancel& cancel : std::exchange(cancels_, {})) {
    if (attempts_.contains(cancel.attempt)) decisions.push_back(std::move(cancel));
  }
  if (give_up_) {
    for (Decision& decision : GiveUpNow()) decisions.push_back(std::move(decision));
  }
  if (!running_) return decisions;
  nodes_.Wake(now);
  shards_.Wake(now);
  DispatchCached(now, decisions);
  DispatchReady(now, decisions);
  DispatchCopies(now, decisions);
  return decisions;
}

void Scheduler::ExpireSilent(TimePoint now, std::vector<Decision>& decisions) {
  while (const std::optional<AttemptId> id = deadlines_.Take(now)) {
    const auto found = attempts_.find(*id);
    if (found == attempts_.end() || !found->second.wanted) continue;
    Attempt& attempt = found->second;
    const std::chrono::nanoseconds limit = deadlines_.limit();
    if (const TimePoint due = LastSign(attempt) + limit; due > now) {
      deadlines_.Watch(*id, due);
      continue;
    }
    deadlines_.Expired();
    attempt.wanted = false;
    shards_.Drop(attempt.shard, *id);
    GiveBackToken(attempt);
    const std::string silent = absl::StrCat("no sign of life for ", RoughDuration(limit),
                                            attempt.started ? " since it started" : "");
    decisions.push_back(Cancel{*id, silent});
    nodes_.LetRest(now, attempt.node, BackOff(nodes_.CountFailure(attempt.node)),
                   RestCause::kFailure);
    Retry(now, attempt, absl::StrCat("node ", nodes_.name(attempt.node), " gave ", silent));
  }
}

std::vector<Decision> Scheduler::GiveUpNow() {
  std::vector<Decision> decisions;
  for (auto& [id, attempt] : attempts_) {
    if (!std::exchange(attempt.wanted, false)) continue;
    decisions.push_back(
        Cancel{id, absl::StrCat("the round is given up for shard ", give_up_->shard)});
  }
  decisions.push_back(*std::move(give_up_));
  give_up_.reset();
  running_ = false;
  return decisions;
}

// Asks nodes for results that they have, whatever the policy and their slots: an answer costs the
// node nothing. A node that has forgotten the result meanwhile computes it again, as any other
// would.
void Scheduler::DispatchCached(TimePoint now, std::vector<Decision>& decisions) {
  for (const auto& [shard, node] : std::exchange(cached_on_, {})) {
    if (node >= nodes_.end() || !nodes_.IsUp(node)) {
      cached_on_.emplace(shard, node);  // it joins next
      continue;
    }
    if (!shards_.ready().contains(shard)) continue;
    Choice choice{node, absl::StrCat("node ", nodes_.name(node),
                                     " has trained it already and kept the result")};
    decisions.push_back(Bind(now, shard, std::move(choice), 0));
  }
}

void Scheduler::DispatchReady(TimePoint now, std::vector<Decision>& decisions) {
  const ShardQueue::Ready& ready = shards_.ready();
  for (auto next = ready.begin(); next != ready.end() && nodes_.AnyAvailable();) {
    if (traits_.one_offer_at_a_time && unanswered_ > 0) return;
    const int shard = *next;
    const Candidates fit(nodes_, shards_.excluded_nodes(shard), shards_.holders(shard));
    if (!fit.empty()) decisions.push_back(Bind(now, shard, policy_->Choose(fit, random_), 0));
    next = ready.upper_bound(shard);  // Bind removes it
  }
}

// Makes copies only when every shard has been given out: a copy must not keep a shard waiting.
void Scheduler::DispatchCopies(TimePoint now, std::vector<Decision>& decisions) {
  if (!shards_.ready().empty()) return;
  int skipped = 0;
  const auto& due = hedging_.due();
  auto next = due.begin();
  while (next != due.end() && next->first <= now && hedging_.CanPay()) {
    const auto entry = *next;
    if (!DispatchCopy(now, entry.second, decisions)) {
      copies_wait_ = true;
      if (!nodes_.AnyAvailable() || ++skipped == kMaxCopiesSkipped) return;
    }
    next = due.upper_bound(entry);  // Bind replaces it by a later one
  }
}

// Makes a copy; false if no node can take one now.
bool Scheduler::DispatchCopy(TimePoint now, int shard, std::vector<Decision>& decisions) {
  if (!nodes_.AnyAvailable() || (!nodes_.AnyIdle() && WaitsInLine(shard))) return false;
  const Candidates fit(nodes_, UnfitForCopy(shard), shards_.holders(shard));
  if (fit.empty() || !CopyMayHelp(shard, fit)) return false;
  const AttemptId last = shards_.copies(shard).back();
  Choice choice = policy_->Choose(fit, random_);
  choice.reason = absl::StrCat(WhyCopy(now, last), "; ", choice.reason);
  hedging_.Pay();
  decisions.push_back(Bind(now, shard, std::move(choice), last));
  return true;
}

std::set<int> Scheduler::UnfitForCopy(int shard) const {
  std::set<int> unfit = shards_.excluded_nodes(shard);
  for (const AttemptId copy : shards_.copies(shard)) unfit.insert(attempts_.at(copy).node);
  return unfit;
}

bool Scheduler::WaitsInLine(int shard) const {
  return std::ranges::any_of(shards_.copies(shard), [this](AttemptId id) {
    return nodes_.IsComputing(attempts_.at(id).node);
  });
}

bool Scheduler::CopyMayHelp(int shard, const Candidates& fit) const {
  return fit.LeastActiveAt(0).active_attempts == 0 || !WaitsInLine(shard);
}

std::string Scheduler::WhyCopy(TimePoint now, AttemptId id) const {
  const Attempt& attempt = attempts_.at(id);
  return absl::StrCat("second copy: attempt ", id, " on node ", nodes_.name(attempt.node),
                      attempt.accepted ? " has not started " : " was not answered ",
                      RoughDuration(now - attempt.accepted.value_or(attempt.dispatched)), " after ",
                      attempt.accepted ? "it was accepted" : "it was sent");
}

Dispatch Scheduler::Bind(TimePoint now, int shard, Choice choice, AttemptId hedge_of) {
  Dispatch dispatch;
  dispatch.attempt = ++last_attempt_;
  dispatch.shard = shard;
  dispatch.node = choice.node;
  dispatch.offer = shards_.Take(shard, choice.node, dispatch.attempt);
  dispatch.terms.slots = nodes_.SlotsOf(choice.node).value_or(0);
  dispatch.terms.rejectable = traits_.rejectable;
  dispatch.hedge_of = hedge_of;
  dispatch.reason = std::move(choice.reason);
  if (const int retries = shards_.retries(shard); retries > 0 && hedge_of == 0) {
    absl::StrAppend(&dispatch.reason, "; retry ", retries, " of ", options_.max_retries,
                    " because ", shards_.last_return(shard));
  }
  nodes_.Begin(choice.node);
  ++unanswered_;
  Attempt attempt;
  attempt.shard = shard;
  attempt.node = choice.node;
  attempt.process = deaths_.ProcessOf(choice.node);
  attempt.hedge_of = hedge_of;
  attempt.dispatched = now;
  attempts_.emplace(dispatch.attempt, attempt);
  deadlines_.Watch(dispatch.attempt, now + deadlines_.limit());
  if (options_.hedge_after) {
    const auto answer = std::max(options_.waits.answer, 4 * longest_answer_);
    hedging_.Expect(shard, now + answer + *options_.hedge_after);
  }
  return dispatch;
}

// ---- Waiting

std::optional<TimePoint> Scheduler::NextWakeup() const {
  std::optional<TimePoint> next = deadlines_.Next();
  const auto consider = [&next](std::optional<TimePoint> when) {
    if (when && (!next || *when < *next)) next = when;
  };
  if (!running_ || nodes_.up() == 0) return next;
  if (const auto back_off = shards_.NextWake()) consider(back_off->first);
  if (!shards_.ready().empty() || copies_wait_) consider(nodes_.NextWake());
  if (hedging_.CanPay()) consider(hedging_.FirstAfter(decided_));
  return next;
}

}  // namespace mlp::coordinator
