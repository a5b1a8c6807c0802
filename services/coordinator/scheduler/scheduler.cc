#include "services/coordinator/scheduler/scheduler.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace mlp::coordinator {

Scheduler::Scheduler(SchedulerOptions options)
    : options_(std::move(options)),
      policy_(MakePolicy(options_.policy)),
      random_(options_.seed),
      nodes_(policy_->slots()) {}

void Scheduler::Apply(TimePoint now, const SchedulerEvent& event) {
  std::visit([&](const auto& each) { On(now, each); }, event);
}

// ---- Events

void Scheduler::On(TimePoint /*now*/, const RoundStarted& /*event*/) {
  for (auto& [id, attempt] : attempts_) attempt.wanted = false;
  shards_ = ShardQueue(options_.shards);
  give_up_.reset();
  running_ = true;
}

void Scheduler::On(TimePoint now, const NodeJoined& event) {
  nodes_.Join(now, event.node, event.name);
  for (const int shard : shards_.PickyShards()) CheckTrainable(shard);
}

void Scheduler::On(TimePoint /*now*/, const NodeLeft& event) {
  nodes_.Leave(event.node);
  for (const int shard : shards_.PickyShards()) CheckTrainable(shard);
}

// Only its end changes what is decided.
void Scheduler::On(TimePoint /*now*/, const AttemptAccepted& /*event*/) {}
void Scheduler::On(TimePoint /*now*/, const AttemptStarted& /*event*/) {}

void Scheduler::On(TimePoint now, const AttemptRejected& event) {
  const std::optional<Attempt> attempt = End(now, event.attempt);
  if (!attempt) return;
  Retry(*attempt,
        absl::StrCat("node ", nodes_.name(attempt->node), " rejected it: ", event.reason));
  switch (policy_->after_rejection()) {
    case AfterRejection::kCoolDownNode:
      nodes_.Rest(attempt->node, now + options_.cool_down);
      break;
    case AfterRejection::kBackOffShard:
      shards_.BackOff(attempt->shard, now + BackOff(shards_.retries(attempt->shard)));
      break;
  }
}

void Scheduler::On(TimePoint now, const AttemptFinished& event) {
  const std::optional<Attempt> attempt = End(now, event.attempt);
  if (!attempt) return;
  nodes_.ForgetFailures(attempt->node);
  shards_.Finish(attempt->shard);
}

void Scheduler::On(TimePoint now, const AttemptFailed& event) {
  const std::optional<Attempt> attempt = End(now, event.attempt);
  if (!attempt) return;
  const std::string node = absl::StrCat("node ", nodes_.name(attempt->node));
  switch (event.kind) {
    case FailureKind::kNodeLost:
      nodes_.Rest(attempt->node, now + BackOff(nodes_.CountFailure(attempt->node)));
      Retry(*attempt, absl::StrCat(node, " failed: ", event.reason));
      break;
    case FailureKind::kNodeUnfit:
      shards_.Exclude(attempt->shard, attempt->node);
      Retry(*attempt, absl::StrCat(node, " cannot train it: ", event.reason));
      break;
    case FailureKind::kHopeless:
      PlanToGiveUp(attempt->shard,
                   absl::StrCat("shard ", attempt->shard, " would fail on any node: ", node,
                                " says: ", event.reason));
      break;
  }
}

std::optional<Scheduler::Attempt> Scheduler::End(TimePoint now, AttemptId id) {
  const auto ended = attempts_.extract(id);
  if (ended.empty()) return std::nullopt;
  nodes_.End(now, ended.mapped().node);
  if (!ended.mapped().wanted) return std::nullopt;
  return ended.mapped();
}

void Scheduler::Retry(const Attempt& attempt, std::string what_happened) {
  const int shard = attempt.shard;
  shards_.ComeBack(shard, std::move(what_happened));
  if (shards_.retries(shard) > options_.max_retries) {
    PlanToGiveUp(shard, absl::StrCat("shard ", shard, " ran out of retries (max_retries ",
                                     options_.max_retries, ", attempts ", shards_.retries(shard),
                                     "): ", shards_.History(shard)));
  }
  CheckTrainable(shard);
}

// Gives up where every node that is up has said that it cannot train the shard.
void Scheduler::CheckTrainable(int shard) {
  const auto is_up = [this](int node) { return nodes_.IsUp(node); };
  const auto unfit = std::ranges::count_if(shards_.excluded_nodes(shard), is_up);
  if (unfit == 0 || unfit < nodes_.up()) return;
  PlanToGiveUp(shard, absl::StrCat("shard ", shard, " cannot be trained by any node that is up (",
                                   nodes_.up(), "): ", shards_.History(shard)));
}

void Scheduler::PlanToGiveUp(int shard, std::string reason) {
  if (running_ && !give_up_) give_up_ = GiveUp{shard, std::move(reason)};
}

std::chrono::nanoseconds Scheduler::BackOff(int times) const {
  std::chrono::nanoseconds wait = options_.back_off_base;
  for (int i = 1; i < times && wait < options_.back_off_max; ++i) wait *= 2;
  return std::min(wait, options_.back_off_max);
}

// ---- Decisions

std::vector<Decision> Scheduler::Decide(TimePoint now) {
  std::vector<Decision> decisions;
  if (give_up_) return GiveUpNow();
  if (!running_) return decisions;
  nodes_.Wake(now);
  shards_.Wake(now);
  if (shards_.ready().empty()) return decisions;

  std::vector<Candidate> candidates = nodes_.Candidates();
  const std::set<int>& ready = shards_.ready();
  for (auto next = ready.begin(); next != ready.end() && !candidates.empty();) {
    const int shard = *next++;  // Bind removes it from the set
    std::optional<Choice> choice = Choose(shard, candidates);
    if (!choice) continue;
    const auto chosen = std::ranges::lower_bound(candidates, choice->node, {}, &Candidate::node);
    decisions.push_back(Bind(shard, *std::move(choice)));
    ++chosen->active_attempts;
    if (!nodes_.IsAvailable(chosen->node)) candidates.erase(chosen);
  }
  return decisions;
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

// nullopt where all candidates are unfit for the shard.
std::optional<Choice> Scheduler::Choose(int shard, const std::vector<Candidate>& candidates) {
  const std::set<int>& excluded = shards_.excluded_nodes(shard);
  if (excluded.empty()) return policy_->Choose(candidates, random_);
  std::vector<Candidate> fit;
  std::ranges::copy_if(candidates, std::back_inserter(fit),
                       [&](const Candidate& each) { return !excluded.contains(each.node); });
  if (fit.empty()) return std::nullopt;
  return policy_->Choose(fit, random_);
}

Dispatch Scheduler::Bind(int shard, Choice choice) {
  Dispatch dispatch;
  dispatch.attempt = ++last_attempt_;
  dispatch.shard = shard;
  dispatch.node = choice.node;
  dispatch.offer = shards_.Take(shard, choice.node);
  dispatch.terms = policy_->terms();
  dispatch.reason = std::move(choice.reason);
  if (const int retries = shards_.retries(shard); retries > 0) {
    absl::StrAppend(&dispatch.reason, "; retry ", retries, " of ", options_.max_retries,
                    " because ", shards_.last_return(shard));
  }
  nodes_.Begin(choice.node);
  attempts_.emplace(dispatch.attempt, Attempt{shard, choice.node});
  return dispatch;
}

// ---- Waiting

std::optional<TimePoint> Scheduler::NextWakeup() const {
  if (!running_ || nodes_.up() == 0) return std::nullopt;
  const auto back_off = shards_.NextWake();
  const auto rest = shards_.ready().empty() ? std::nullopt : nodes_.NextWake();
  if (!back_off) return rest;
  if (!rest) return back_off->first;
  return std::min(back_off->first, *rest);
}

std::string Scheduler::WaitingFor(TimePoint now) const {
  if (!running_ || Done() || !attempts_.empty()) return "";
  if (nodes_.up() == 0) return "no node is up";
  const std::optional<TimePoint> wakeup = NextWakeup();
  if (!wakeup) return "";
  const std::string left = absl::FormatDuration(absl::FromChrono(*wakeup - now));
  if (shards_.ready().empty()) {
    return absl::StrCat("shard ", shards_.NextWake()->second, " backs off for another ", left);
  }
  return absl::StrCat("every node that could train shard ", *shards_.ready().begin(),
                      " rests after a rejection or a failure, for another ", left);
}

}  // namespace mlp::coordinator
