// Scheduler::Explain: the scheduler's state, told to people.
//
// It reads what Decide and NextWakeup act on, and decides nothing.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/duration_text.h"
#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxNamed = 4;
// How many shards that are due for a copy are looked at.
constexpr int kMaxCopiesRead = 64;

// "a", "a and b", "a, b, c, d and 6 more".
std::string Listed(const std::vector<std::string>& words) {
  if (words.size() <= 1) return words.empty() ? "" : words.front();
  const bool all = words.size() <= kMaxNamed;
  const std::size_t told = all ? words.size() - 1 : kMaxNamed;
  const std::string first =
      absl::StrJoin(words.begin(), words.begin() + static_cast<long>(told), ", ");
  return absl::StrCat(first, " and ",
                      all ? words.back() : absl::StrCat(words.size() - told, " more"));
}

// "shard 4 waits", "3 shards wait".
std::string Shards(int first, std::size_t count, const char* verb) {
  if (count == 1) return absl::StrCat("shard ", first, " ", verb, "s");
  return absl::StrCat(count, " shards ", verb);
}

}  // namespace

class Explainer {
 public:
  Explainer(const Scheduler& scheduler, TimePoint now) : scheduler_(scheduler), now_(now) {
    for (const auto& [id, attempt] : scheduler_.attempts_) {
      if (attempt.wanted && scheduler_.shards_.copies(attempt.shard).front() == id)
        Sort(attempt.shard);
    }
    std::ranges::sort(held_);
    std::ranges::sort(computing_);
  }

  Explanation Explain() const {
    Explanation said;
    said.time = now_;
    if (!scheduler_.running_ || scheduler_.Done()) return said;
    SayWaiting(said);
    SayNext(said);
    return said;
  }

 private:
  using Attempt = Scheduler::Attempt;
  using Entry = std::pair<TimePoint, int>;  // since when, and the shard

  // What is out.

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
  const std::vector<AttemptId>& Copies(int shard) const { return scheduler_.shards_.copies(shard); }
  const Attempt& AttemptOf(AttemptId id) const { return scheduler_.attempts_.at(id); }
  const std::string& Name(int node) const { return scheduler_.nodes_.name(node); }
  const ShardQueue::Ready& Ready() const { return scheduler_.shards_.ready(); }

  static TimePoint Since(const Attempt& attempt) {
    return attempt.started.value_or(attempt.accepted.value_or(attempt.dispatched));
  }
  std::string Left(TimePoint until) const { return RoughDuration(until - now_); }

  // What it waits for.

  void SayWaiting(Explanation& said) const {
    const bool none_out = held_.empty() && computing_.empty();
    if (none_out && scheduler_.nodes_.up() == 0) {
      said.waiting_for = "no node is up";
      said.no_node_up = true;
      return;
    }
    std::vector<std::string> clauses;
    if (!held_.empty()) clauses.push_back(HeldClause());
    if (!computing_.empty()) clauses.push_back(ComputingClause());
    if (!Ready().empty()) clauses.push_back(ReadyClause());
    if (scheduler_.shards_.backing_off() > 0) clauses.push_back(BackOffClause());
    said.waiting_for = absl::StrJoin(clauses, "; ");
    if (!none_out) said.since = (held_.empty() ? computing_ : held_).front().first;
    if (none_out && !Ready().empty()) said.since = AllRestSince();
  }

  std::string HeldClause() const {
    const int shard = held_.front().second;
    if (held_.size() == 1) return absl::StrCat("waits for ", Copied(shard));
    return absl::StrCat("waits for ", held_.size(), " shards that have not started, longest for ",
                        Copied(shard));
  }

  std::string ComputingClause() const {
    const int shard = computing_.front().second;
    if (computing_.size() == 1 && held_.empty()) return absl::StrCat("waits for ", Copied(shard));
    std::set<int> nodes;
    for (const auto& [since, each] : computing_) nodes.insert(StartedOn(each).node);
    std::vector<std::string> names;
    for (const int node : nodes) names.push_back(Name(node));
    if (!held_.empty()) {
      return absl::StrCat(Shards(shard, computing_.size(), "compute"), " on ", Listed(names));
    }
    return absl::StrCat("waits for ", computing_.size(), " shards that compute on ", Listed(names),
                        ", longest for ", Copied(shard));
  }

  // The shard with the places of its copies.
  std::string Copied(int shard) const {
    const auto& copies = Copies(shard);
    if (copies.size() == 1) return absl::StrCat("shard ", shard, " ", Place(AttemptOf(copies[0])));
    return absl::StrCat("the first of ", copies.size(), " copies of shard ", shard, ": ",
                        absl::StrJoin(copies, "; ", [this](std::string* out, AttemptId id) {
                          absl::StrAppend(out, Place(AttemptOf(id)));
                        }));
  }

  std::string Place(const Attempt& attempt) const {
    const std::string duration = RoughDuration(now_ - Since(attempt));
    const char* left = scheduler_.nodes_.IsUp(attempt.node) ? "" : ", which has left";
    if (attempt.started) {
      return absl::StrCat("on ", Name(attempt.node), left, ", computing there for ", duration);
    }
    if (attempt.accepted) {
      return absl::StrCat("on ", Name(attempt.node), left, ", held up or queued there for ",
                          duration);
    }
    return absl::StrCat("on ", Name(attempt.node), left, ", offered and not answered for ",
                        duration);
  }

  const Attempt& StartedOn(int shard) const {
    const auto& copies = Copies(shard);
    return AttemptOf(*std::ranges::find_if(
        copies, [this](AttemptId id) { return AttemptOf(id).started.has_value(); }));
  }

  std::string ReadyClause() const {
    const int shard = *Ready().begin();
    const auto& nodes = scheduler_.nodes_;
    const std::string who = Shards(shard, Ready().size(), "wait");
    if (OffersWait()) return absl::StrCat(who, " for the answer to the offer that is out");
    if (nodes.up() == 0) return absl::StrCat(who, " for a node: none other is up");
    if (static_cast<int>(nodes.resting().size()) == nodes.up()) {
      return absl::StrCat(who, " for a node, and ",
                          nodes.up() == 1 ? "the only one rests: " : "all rest: ", Resting());
    }
    return absl::StrCat(who, " for a node with a free slot: ", WhyNone(shard));
  }

  // The policy makes one offer at a time, and one is out.
  bool OffersWait() const {
    return scheduler_.traits_.one_offer_at_a_time && scheduler_.unanswered_ > 0;
  }

  // The nodes that rest, the first to be back first.
  std::string Resting() const {
    std::vector<std::string> each;
    for (const auto& [until, node] : scheduler_.nodes_.resting()) {
      const bool rejected = scheduler_.nodes_.last_rest(node).cause == RestCause::kRejection;
      each.push_back(absl::StrCat(Name(node), " after a ", rejected ? "rejection" : "failure",
                                  " for another ", Left(until)));
    }
    return Listed(each);
  }

  // Why no node that is up can take the shard, which is ready.
  std::string WhyNone(int shard) const {
    const auto& nodes = scheduler_.nodes_;
    std::vector<std::string> full;
    std::vector<std::string> unfit;
    for (int node = 0; node < nodes.end(); ++node) {
      if (!nodes.IsUp(node)) continue;
      if (scheduler_.shards_.excluded_nodes(shard).contains(node)) {
        unfit.push_back(Name(node));
      } else if (nodes.IsFull(node)) {
        full.push_back(Name(node));
      }
    }
    std::vector<std::string> why;
    if (static_cast<int>(full.size()) == nodes.up()) return AllFull();
    if (!full.empty()) why.push_back(absl::StrCat("full: ", Listed(full)));
    if (!nodes.resting().empty()) why.push_back(absl::StrCat("resting: ", Resting()));
    if (!unfit.empty()) {
      why.push_back(absl::StrCat("shard ", shard, " cannot be trained on ", Listed(unfit), " (",
                                 scheduler_.shards_.last_return(shard), ")"));
    }
    return absl::StrJoin(why, "; ");
  }

  std::string AllFull() const {
    const int up = scheduler_.nodes_.up();
    const auto given_up = std::ranges::count_if(
        scheduler_.attempts_, [](const auto& each) { return !each.second.wanted; });
    std::string text =
        up == 1 ? "the only node is full" : absl::StrCat("all ", up, " nodes are full");
    absl::StrAppend(&text, " (", scheduler_.nodes_.slots().value_or(0),
                    up == 1 ? " at once" : " at once each");
    if (given_up > 0)
      absl::StrAppend(&text, ", among them ", given_up, " cancelled, not ended yet");
    return absl::StrCat(text, ")");
  }

  // nullopt where not all nodes rest.
  std::optional<TimePoint> AllRestSince() const {
    const auto& nodes = scheduler_.nodes_;
    if (nodes.resting().empty() || static_cast<int>(nodes.resting().size()) < nodes.up()) return {};
    TimePoint since = TimePoint::min();
    for (const auto& [until, node] : nodes.resting()) {
      since = std::max(since, nodes.last_rest(node).begin);
    }
    return since;
  }

  std::string BackOffClause() const {
    const auto [until, shard] = *scheduler_.shards_.NextWake();
    const std::size_t count = scheduler_.shards_.backing_off();
    return absl::StrCat(Shards(shard, count, "back"), " off",
                        count == 1 ? "" : absl::StrCat(", shard ", shard, " shortest,"),
                        " for another ", Left(until), ", because ",
                        scheduler_.shards_.last_return(shard));
  }

  // What comes next.

  void SayNext(Explanation& said) const {
    if (said.no_node_up) {
      said.next = absl::StrCat(Ready().size() == 1 ? absl::StrCat("shard ", *Ready().begin(), " is")
                                                   : absl::StrCat(Ready().size(), " shards are"),
                               " given out as soon as a node joins");
    } else if (!Ready().empty()) {
      SayNextOffer(said);
    } else if (const auto back_off = scheduler_.shards_.NextWake()) {
      said.next = absl::StrCat("shard ", back_off->second, " is offered again");
      said.next_at = back_off->first;
    } else if (!held_.empty()) {
      SayNextCopy(said);
    } else {
      SayDeadline(said, scheduler_.options_.hedge_after && computing_.size() == 1
                            ? "no second copy before: it has started"
                            : "");
    }
  }

  void SayNextOffer(Explanation& said) const {
    if (OffersWait()) {
      said.next = absl::StrCat("shard ", *Ready().begin(), " is offered when that is answered");
      return;
    }
    for (const auto& [until, node] : scheduler_.nodes_.resting()) {
      if (scheduler_.nodes_.IsFull(node)) continue;
      for (const int shard : Ready()) {
        if (scheduler_.shards_.excluded_nodes(shard).contains(node)) continue;
        said.next = absl::StrCat("shard ", shard, " is offered to ", Name(node));
        said.next_at = until;
        return;
      }
    }
    said.next =
        absl::StrCat("shard ", *Ready().begin(), " goes to the first node with a free slot");
    AddBackstop(said);
  }

  // The deadline, for what is waited for without one.
  void AddBackstop(Explanation& said) const {
    Explanation deadline;
    SayDeadline(deadline, "");
    if (!deadline.next_at) return;
    absl::StrAppend(&said.next, "; in ", Left(*deadline.next_at), ", ", deadline.next);
  }

  struct Copy {
    TimePoint at;
    int shard = 0;
    std::string to;
  };

  void SayNextCopy(Explanation& said) const {
    const std::size_t copies = Copies(held_.front().second).size();
    const std::string race =
        copies == 1 ? "" : "the copy that starts first goes on and the others are cancelled";
    const std::optional<Copy> copy = FirstCopy();
    if (copy) {
      const bool second = Copies(copy->shard).size() == 1;
      said.next = absl::StrCat(second ? "a second" : "another", " copy of shard ", copy->shard,
                               " goes to ", copy->to, " if ", second ? "it has not" : "none has",
                               " started by then", race.empty() ? "" : "; ", race);
      said.next_at = copy->at;
    } else if (!race.empty()) {
      said.next = race;
    } else {
      SayDeadline(said, absl::StrCat("no second copy before: ", WhyNoCopy(held_.front().second)));
    }
  }

  // The first copy that the scheduler makes by itself, as far as can be said now.
  std::optional<Copy> FirstCopy() const {
    std::optional<Copy> first;
    if (!scheduler_.options_.hedge_after || !scheduler_.hedging_.CanPay()) return first;
    int read = 0;
    for (const auto& [when, shard] : scheduler_.hedging_.due()) {
      if ((first && when >= first->at) || ++read > kMaxCopiesRead) break;
      std::optional<Copy> copy = CopyOf(shard, when);
      if (copy && (!first || copy->at < first->at)) first = std::move(copy);
    }
    return first;
  }

  std::optional<Copy> CopyOf(int shard, TimePoint due) const {
    const std::set<int> unfit = scheduler_.UnfitForCopy(shard);
    const Candidates fit(scheduler_.nodes_, unfit);
    if (!fit.empty() && scheduler_.CopyMayHelp(shard, fit)) return Copy{due, shard, OneOf(fit)};
    for (const auto& [until, node] : scheduler_.nodes_.resting()) {
      const bool may_help =
          scheduler_.nodes_.IsIdle(node) || (fit.empty() && !scheduler_.WaitsInLine(shard));
      if (unfit.contains(node) || scheduler_.nodes_.IsFull(node) || !may_help) continue;
      return Copy{std::max(due, until), shard,
                  absl::StrCat(Name(node), ", which rests until then,")};
    }
    return std::nullopt;
  }

  static std::string OneOf(const Candidates& fit) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(fit.size(), kMaxNamed); ++i) {
      names.emplace_back(fit.At(i).name);
    }
    if (fit.size() > kMaxNamed) {
      names.back() = absl::StrCat(fit.size() - kMaxNamed + 1, " more");
    }
    return absl::StrCat(names.size() == 1 ? "" : "one of ", absl::StrJoin(names, ", "));
  }

  std::string WhyNoCopy(int shard) const {
    if (scheduler_.traits_.binding == Binding::kAtOnce) {
      return absl::StrCat("policy ", scheduler_.options_.policy, " makes none");
    }
    if (!scheduler_.options_.hedge_after) return "hedging is off";
    if (!scheduler_.hedging_.CanPay()) {
      return "the job has spent its hedges; each shard that is trained earns a tenth of one";
    }
    const std::set<int> unfit = scheduler_.UnfitForCopy(shard);
    const auto is_up = [this](int node) { return scheduler_.nodes_.IsUp(node); };
    if (std::ranges::count_if(unfit, is_up) == scheduler_.nodes_.up()) {
      return scheduler_.shards_.excluded_nodes(shard).empty() ? "no other node is up"
                                                              : "no other node can train it";
    }
    if (!Candidates(scheduler_.nodes_, unfit).empty() && scheduler_.WaitsInLine(shard)) {
      return "another task computes on its node, and no other node is idle";
    }
    return "no other node has a free slot";
  }

  // When the first attempt is given up for want of a sign of life.
  void SayDeadline(Explanation& said, const std::string& remark) const {
    std::optional<std::pair<TimePoint, AttemptId>> first;
    for (const auto& [id, attempt] : scheduler_.attempts_) {
      const auto look = scheduler_.deadlines_.Look(id);
      if (!attempt.wanted || !look) continue;
      const TimePoint silent = scheduler_.LastSign(attempt) + scheduler_.deadlines_.limit();
      const std::pair<TimePoint, AttemptId> each(std::max(*look, silent), id);
      if (!first || each < *first) first = each;
    }
    if (!first) {
      said.next = remark;
      return;
    }
    const Attempt& attempt = AttemptOf(first->second);
    said.next = absl::StrCat("shard ", attempt.shard, " is taken back from ", Name(attempt.node),
                             attempt.started ? " if it has not finished by then"
                                             : " if nothing is heard from there by then",
                             remark.empty() ? "" : "; ", remark);
    said.next_at = first->first;
  }

  const Scheduler& scheduler_;
  const TimePoint now_;
  // Shards that are out, the longest first: none of their copies has started; one has.
  std::vector<Entry> held_;
  std::vector<Entry> computing_;
};

Explanation Scheduler::Explain(TimePoint now) const { return Explainer(*this, now).Explain(); }

std::string Scheduler::WaitingFor(TimePoint now) const {
  return attempts_.empty() ? Explain(now).waiting_for : "";
}

}  // namespace mlp::coordinator
