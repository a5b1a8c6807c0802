// Scheduler::Explain: the scheduler's state as facts.
//
// It reads the state that Decide and NextWakeup act on, and decides nothing.
#include <algorithm>
#include <utility>

#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {
namespace {

// The number of shards due for a copy that it looks at.
constexpr int kMaxCopiesRead = 64;

}  // namespace

class Scheduler::Explainer {
 public:
  Explainer(const Scheduler& scheduler, TimePoint now) : scheduler_(scheduler), now_(now) {
    for (const auto& [id, attempt] : scheduler_.attempts_) {
      if (attempt.wanted && Copies(attempt.shard).front() == id) Sort(attempt.shard);
    }
    std::ranges::sort(held_);
    std::ranges::sort(computing_);
  }

  RoundFacts Explain() const {
    RoundFacts facts;
    facts.time = now_;
    facts.policy = scheduler_.options_.policy;
    facts.waits = scheduler_.running_ && !scheduler_.Done();
    if (!facts.waits) return facts;
    facts.deaths = DeathsSoFar();
    if (NoneOut() && nodes().up() == 0) {
      facts.no_node_up = true;
      facts.next = next_step::OfferToNewNode();
    } else {
      facts.next = Next();
    }
    TellWaiting(facts);
    return facts;
  }

 private:
  using Entry = std::pair<TimePoint, int>;  // begin, shard

  const NodePool& nodes() const { return scheduler_.nodes_; }
  const ShardQueue& shards() const { return scheduler_.shards_; }
  const ShardQueue::Ready& Ready() const { return shards().ready(); }
  const std::vector<AttemptId>& Copies(int shard) const { return shards().copies(shard); }
  const Attempt& AttemptOf(AttemptId id) const { return scheduler_.attempts_.at(id); }
  const std::string& Name(int node) const { return nodes().name(node); }

  // ---- The attempts that are out

  void Sort(int shard) {
    std::optional<TimePoint> started;
    for (const AttemptId id : Copies(shard)) {
      if (const auto when = AttemptOf(id).started; when && (!started || when < started))
        started = when;
    }
    if (started) {
      computing_.emplace_back(*started, shard);
    } else {
      held_.emplace_back(Since(AttemptOf(Copies(shard).front())), shard);
    }
  }
  static TimePoint Since(const Attempt& attempt) {
    return attempt.started.value_or(attempt.accepted.value_or(attempt.dispatched));
  }
  bool NoneOut() const { return held_.empty() && computing_.empty(); }

  AttemptFacts FactsOf(const Attempt& attempt) const {
    using State = AttemptFacts::State;
    AttemptFacts facts;
    facts.node = Name(attempt.node);
    facts.node_left = !nodes().IsUp(attempt.node);
    facts.state = attempt.started    ? State::kStarted
                  : attempt.accepted ? State::kAccepted
                                     : State::kOffered;
    facts.since = Since(attempt);
    return facts;
  }

  std::optional<ShardsOut> OutOf(const std::vector<Entry>& entries) const {
    if (entries.empty()) return std::nullopt;
    ShardsOut out;
    out.count = entries.size();
    out.longest = entries.front().second;
    for (const AttemptId id : Copies(out.longest)) out.copies.push_back(FactsOf(AttemptOf(id)));
    return out;
  }

  const Attempt& StartedOn(int shard) const {
    const auto& copies = Copies(shard);
    return AttemptOf(*std::ranges::find_if(
        copies, [this](AttemptId id) { return AttemptOf(id).started.has_value(); }));
  }

  std::vector<std::string> ComputingOn() const {
    std::set<int> nodes;
    for (const auto& [since, shard] : computing_) nodes.insert(StartedOn(shard).node);
    std::vector<std::string> names;
    names.reserve(nodes.size());
    for (const int node : nodes) names.push_back(Name(node));
    return names;
  }

  // ---- What the round waits for

  void TellWaiting(RoundFacts& facts) const {
    facts.held = OutOf(held_);
    facts.computing = OutOf(computing_);
    facts.computing_on = ComputingOn();
    if (!Ready().empty()) facts.ready = ReadyFacts();
    facts.backing_off = BackingOff();
    if (!NoneOut()) facts.since = (held_.empty() ? computing_ : held_).front().first;
    if (NoneOut() && !Ready().empty()) facts.since = AllRestSince();
  }

  ShardsReady ReadyFacts() const {
    ShardsReady facts;
    facts.count = Ready().size();
    facts.first = *Ready().begin();
    facts.nodes_up = nodes().up();
    facts.slots = nodes().slots().value_or(0);
    facts.cancelled = static_cast<std::size_t>(std::ranges::count_if(
        scheduler_.attempts_, [](const auto& each) { return !each.second.wanted; }));
    for (const auto& [until, node] : nodes().resting()) {
      facts.resting.push_back({Name(node), nodes().last_rest(node).cause, until});
    }
    for (int node = 0; node < nodes().end(); ++node) {
      if (!nodes().IsUp(node)) continue;
      if (shards().excluded_nodes(facts.first).contains(node)) {
        facts.unfit.push_back(Name(node));
      } else if (nodes().IsFull(node)) {
        facts.full.push_back(Name(node));
      }
    }
    facts.last_return = shards().last_return(facts.first);
    facts.cause = CauseOf(facts);
    return facts;
  }

  ShardsReady::Cause CauseOf(const ShardsReady& facts) const {
    const auto up = static_cast<std::size_t>(facts.nodes_up);
    if (OffersWait()) return ShardsReady::Cause::kOfferIsOut;
    if (up == 0) return ShardsReady::Cause::kNoNodeUp;
    if (facts.resting.size() == up) return ShardsReady::Cause::kAllRest;
    if (facts.full.size() == up) return ShardsReady::Cause::kAllFull;
    return ShardsReady::Cause::kNoneFits;
  }

  // True if the policy makes one offer at a time, and one is out.
  bool OffersWait() const {
    return scheduler_.traits_.one_offer_at_a_time && scheduler_.unanswered_ > 0;
  }

  std::optional<ShardDeaths> DeathsSoFar() const {
    const std::optional<int> shard = scheduler_.deaths_.Worst();
    if (!shard) return std::nullopt;
    ShardDeaths deaths{*shard, {}};
    for (const int node : scheduler_.deaths_.Of(*shard)) deaths.nodes.push_back(Name(node));
    return deaths;
  }

  // Returns the time at which the last node began to rest; nullopt if not all of them rest.
  std::optional<TimePoint> AllRestSince() const {
    if (nodes().resting().empty()) return std::nullopt;
    if (static_cast<int>(nodes().resting().size()) < nodes().up()) return std::nullopt;
    TimePoint since = TimePoint::min();
    for (const auto& [until, node] : nodes().resting()) {
      since = std::max(since, nodes().last_rest(node).begin);
    }
    return since;
  }

  std::optional<ShardsBackingOff> BackingOff() const {
    const auto first = shards().NextWake();
    if (!first) return std::nullopt;
    const auto [until, shard] = *first;
    return ShardsBackingOff{shards().backing_off(), shard, until, shards().last_return(shard)};
  }

  // ---- What comes next

  NextStep Next() const {
    if (!Ready().empty()) return NextOffer();
    if (const auto back_off = shards().NextWake()) {
      return next_step::OfferAfterBackOff{back_off->second, back_off->first};
    }
    if (!held_.empty()) return NextCopy();
    next_step::AwaitDeadline next{FirstDeadline(), std::nullopt};
    if (scheduler_.options_.hedge_after && computing_.size() == 1) {
      next.no_copy = NoCopy::kHasStarted;
    }
    return next;
  }

  NextStep NextOffer() const {
    if (OffersWait()) return next_step::OfferAfterAnswer{*Ready().begin()};
    for (const auto& [until, node] : nodes().resting()) {
      if (nodes().IsFull(node)) continue;
      for (const int shard : Ready()) {
        if (shards().excluded_nodes(shard).contains(node)) continue;
        return next_step::OfferAfterRest{shard, Name(node), until};
      }
    }
    return next_step::OfferToFreeSlot{*Ready().begin(), FirstDeadline()};
  }

  NextStep NextCopy() const {
    const int longest = held_.front().second;
    const bool race = Copies(longest).size() > 1;
    if (std::optional<next_step::AnotherCopy> copy = FirstCopy()) {
      copy->race = race;
      return *std::move(copy);
    }
    if (race) return next_step::RaceOfCopies();
    return next_step::AwaitDeadline{FirstDeadline(), WhyNoCopy(longest)};
  }

  // Returns the first copy that the scheduler makes by itself, as far as can be said now.
  std::optional<next_step::AnotherCopy> FirstCopy() const {
    std::optional<next_step::AnotherCopy> first;
    if (!scheduler_.options_.hedge_after || !scheduler_.hedging_.CanPay()) return first;
    int read = 0;
    for (const auto& [when, shard] : scheduler_.hedging_.due()) {
      if ((first && when >= first->at) || ++read > kMaxCopiesRead) break;
      std::optional<next_step::AnotherCopy> copy = CopyOf(shard, when);
      if (copy && (!first || copy->at < first->at)) first = std::move(copy);
    }
    return first;
  }

  std::optional<next_step::AnotherCopy> CopyOf(int shard, TimePoint due) const {
    next_step::AnotherCopy copy{shard, Copies(shard).size(), {}, false, due};
    const std::set<int> unfit = scheduler_.UnfitForCopy(shard);
    const Candidates fit(nodes(), unfit);
    if (!fit.empty() && scheduler_.CopyMayHelp(shard, fit)) {
      for (std::size_t i = 0; i < fit.size(); ++i) copy.nodes.emplace_back(fit.At(i).name);
      return copy;
    }
    for (const auto& [until, node] : nodes().resting()) {
      const bool may_help = nodes().IsIdle(node) || (fit.empty() && !scheduler_.WaitsInLine(shard));
      if (unfit.contains(node) || nodes().IsFull(node) || !may_help) continue;
      copy.nodes = {Name(node)};
      copy.node_rests = true;
      copy.at = std::max(due, until);
      return copy;
    }
    return std::nullopt;
  }

  NoCopy WhyNoCopy(int shard) const {
    if (scheduler_.traits_.binding == Binding::kAtOnce) return NoCopy::kPolicyMakesNone;
    if (!scheduler_.options_.hedge_after) return NoCopy::kHedgingIsOff;
    if (!scheduler_.hedging_.CanPay()) return NoCopy::kHedgesSpent;
    const std::set<int> unfit = scheduler_.UnfitForCopy(shard);
    const auto is_up = [this](int node) { return nodes().IsUp(node); };
    if (std::ranges::count_if(unfit, is_up) == nodes().up()) {
      return shards().excluded_nodes(shard).empty() ? NoCopy::kNoOtherNodeUp
                                                    : NoCopy::kNoOtherNodeFit;
    }
    const bool all_busy = !Candidates(nodes(), unfit).empty() && scheduler_.WaitsInLine(shard);
    return all_busy ? NoCopy::kWaitsInLine : NoCopy::kNoFreeSlot;
  }

  // Returns the first attempt to be given up if it gives no sign of life; nullopt if none is out.
  std::optional<next_step::Deadline> FirstDeadline() const {
    std::optional<std::pair<TimePoint, AttemptId>> first;
    for (const auto& [id, attempt] : scheduler_.attempts_) {
      const auto look = scheduler_.deadlines_.Look(id);
      if (!attempt.wanted || !look) continue;
      const TimePoint silent = scheduler_.LastSign(attempt) + scheduler_.deadlines_.limit();
      const std::pair<TimePoint, AttemptId> each(std::max(*look, silent), id);
      if (!first || each < *first) first = each;
    }
    if (!first) return std::nullopt;
    const Attempt& attempt = AttemptOf(first->second);
    return next_step::Deadline{attempt.shard, Name(attempt.node), attempt.started.has_value(),
                               first->first};
  }

  const Scheduler& scheduler_;
  const TimePoint now_;
  // Shards that are out, the longest first. No copy of those that are held has started.
  std::vector<Entry> held_;
  std::vector<Entry> computing_;
};

RoundFacts Scheduler::Explain(TimePoint now) const { return Explainer(*this, now).Explain(); }

}  // namespace mlp::coordinator
