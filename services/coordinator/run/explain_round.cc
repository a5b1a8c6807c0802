#include "services/coordinator/run/explain_round.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/duration_text.h"
#include "services/coordinator/scheduler/deaths.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxNamed = 4;

// Returns "a", "a and b" or "a, b, c, d and 6 more".
std::string Listed(const std::vector<std::string>& words) {
  if (words.size() <= 1) return words.empty() ? "" : words.front();
  const bool all = words.size() <= kMaxNamed;
  const std::size_t told = all ? words.size() - 1 : kMaxNamed;
  const std::string first =
      absl::StrJoin(words.begin(), words.begin() + static_cast<long>(told), ", ");
  return absl::StrCat(first, " and ",
                      all ? words.back() : absl::StrCat(words.size() - told, " more"));
}

// Returns "a", "one of a, b" or "one of a, b, c, 7 more".
std::string OneOf(std::vector<std::string> words) {
  if (words.size() > kMaxNamed) {
    const std::size_t rest = words.size() - kMaxNamed + 1;
    words.resize(kMaxNamed);
    words.back() = absl::StrCat(rest, " more");
  }
  return absl::StrCat(words.size() == 1 ? "" : "one of ", absl::StrJoin(words, ", "));
}

// Returns "shard 4 waits" or "3 shards wait".
std::string Shards(int first, std::size_t count, const char* verb) {
  if (count == 1) return absl::StrCat("shard ", first, " ", verb, "s");
  return absl::StrCat(count, " shards ", verb);
}

std::string Left(const RoundFacts& facts, TimePoint until) {
  return RoughDuration(until - facts.time);
}

// ---- What it waits for

std::string Place(const RoundFacts& facts, const AttemptFacts& attempt) {
  const std::string where =
      absl::StrCat("on ", attempt.node, attempt.node_left ? ", which has left" : "");
  const std::string duration = RoughDuration(facts.time - attempt.since);
  switch (attempt.state) {
    case AttemptFacts::State::kOffered:
      return absl::StrCat(where, ", offered and not answered for ", duration);
    case AttemptFacts::State::kAccepted:
      return absl::StrCat(where, ", held up or queued there for ", duration);
    case AttemptFacts::State::kStarted:
      break;
  }
  return absl::StrCat(where, ", computing there for ", duration);
}

// Names the shard that is out longest, with the places of its copies.
std::string Longest(const RoundFacts& facts, const ShardsOut& out) {
  std::vector<std::string> places;
  for (const AttemptFacts& copy : out.copies) places.push_back(Place(facts, copy));
  if (places.size() == 1) return absl::StrCat("shard ", out.longest, " ", places.front());
  return absl::StrCat("the first of ", places.size(), " copies of shard ", out.longest, ": ",
                      absl::StrJoin(places, "; "));
}

std::string HeldClause(const RoundFacts& facts) {
  const std::string longest = Longest(facts, *facts.held);
  if (facts.held->count == 1) return absl::StrCat("waits for ", longest);
  return absl::StrCat("waits for ", facts.held->count,
                      " shards that have not started, longest for ", longest);
}

std::string ComputingClause(const RoundFacts& facts) {
  const ShardsOut& out = *facts.computing;
  const std::string names = Listed(facts.computing_on);
  if (facts.held) return absl::StrCat(Shards(out.longest, out.count, "compute"), " on ", names);
  const std::string longest = Longest(facts, out);
  if (out.count == 1) return absl::StrCat("waits for ", longest);
  return absl::StrCat("waits for ", out.count, " shards that compute on ", names, ", longest for ",
                      longest);
}

// Lists the nodes that rest, the first to be back first.
std::string Resting(const RoundFacts& facts) {
  std::vector<std::string> each;
  for (const NodeRest& rest : facts.ready->resting) {
    const char* cause = rest.cause == RestCause::kRejection ? "rejection" : "failure";
    each.push_back(
        absl::StrCat(rest.node, " after a ", cause, " for another ", Left(facts, rest.until)));
  }
  return Listed(each);
}

std::string AllFull(const ShardsReady& ready) {
  const bool only = ready.nodes_up == 1;
  std::string text =
      only ? "the only node is full" : absl::StrCat("all ", ready.nodes_up, " nodes are full");
  absl::StrAppend(&text, " (", ready.slots, only ? " at once" : " at once each");
  if (ready.cancelled > 0)
    absl::StrAppend(&text, ", among them ", ready.cancelled, " cancelled, not ended yet");
  return absl::StrCat(text, ")");
}

std::string NoneFits(const RoundFacts& facts) {
  const ShardsReady& ready = *facts.ready;
  std::vector<std::string> why;
  if (!ready.full.empty()) why.push_back(absl::StrCat("full: ", Listed(ready.full)));
  if (!ready.resting.empty()) why.push_back(absl::StrCat("resting: ", Resting(facts)));
  if (!ready.unfit.empty()) {
    why.push_back(absl::StrCat("shard ", ready.first, " cannot be trained on ", Listed(ready.unfit),
                               " (", ready.last_return, ")"));
  }
  return absl::StrJoin(why, "; ");
}

std::string ReadyClause(const RoundFacts& facts) {
  const ShardsReady& ready = *facts.ready;
  const std::string who = Shards(ready.first, ready.count, "wait");
  switch (ready.cause) {
    case ShardsReady::Cause::kOfferIsOut:
      return absl::StrCat(who, " for the answer to the offer that is out");
    case ShardsReady::Cause::kNoNodeUp:
      return absl::StrCat(who, " for a node: none other is up");
    case ShardsReady::Cause::kAllRest:
      return absl::StrCat(
          who, " for a node, and ",
          ready.nodes_up == 1 ? "the only one rests: " : "all rest: ", Resting(facts));
    case ShardsReady::Cause::kAllFull:
      return absl::StrCat(who, " for a node with a free slot: ", AllFull(ready));
    case ShardsReady::Cause::kNoneFits:
      break;
  }
  return absl::StrCat(who, " for a node with a free slot: ", NoneFits(facts));
}

std::string BackOffClause(const RoundFacts& facts) {
  const ShardsBackingOff& shards = *facts.backing_off;
  return absl::StrCat(Shards(shards.first, shards.count, "back"), " off",
                      shards.count == 1 ? "" : absl::StrCat(", shard ", shards.first, " shortest,"),
                      " for another ", Left(facts, shards.until), ", because ", shards.last_return);
}

// One death may have any cause.
bool DeathsTell(const RoundFacts& facts) { return facts.deaths && facts.deaths->nodes.size() > 1; }

std::string DeathsClause(const RoundFacts& facts) {
  const ShardDeaths& deaths = *facts.deaths;
  return absl::StrCat(Listed(deaths.nodes), " died while computing shard ", deaths.shard,
                      ", of memory perhaps (the job fails after ", kMostDeaths, " such deaths)");
}

std::string WaitingFor(const RoundFacts& facts) {
  std::vector<std::string> clauses;
  if (DeathsTell(facts)) clauses.push_back(DeathsClause(facts));
  if (facts.no_node_up) clauses.emplace_back("no node is up");
  if (facts.no_node_up) return absl::StrJoin(clauses, "; ");
  if (facts.held) clauses.push_back(HeldClause(facts));
  if (facts.computing) clauses.push_back(ComputingClause(facts));
  if (facts.ready) clauses.push_back(ReadyClause(facts));
  if (facts.backing_off) clauses.push_back(BackOffClause(facts));
  return absl::StrJoin(clauses, "; ");
}

// ---- What comes next

std::string DeadlineClause(const next_step::Deadline& deadline) {
  return absl::StrCat("shard ", deadline.shard, " is taken back from ", deadline.node,
                      deadline.started ? " if it has not finished by then"
                                       : " if nothing is heard from there by then");
}

std::string NoCopyClause(const RoundFacts& facts, NoCopy why) {
  switch (why) {
    case NoCopy::kHasStarted:
      return "it has started";
    case NoCopy::kPolicyMakesNone:
      return absl::StrCat("policy ", facts.policy, " makes none");
    case NoCopy::kHedgingIsOff:
      return "hedging is off";
    case NoCopy::kHedgesSpent:
      return "the job has spent its hedges; each shard that is trained earns a tenth of one";
    case NoCopy::kNoOtherNodeUp:
      return "no other node is up";
    case NoCopy::kNoOtherNodeFit:
      return "no other node can train it";
    case NoCopy::kWaitsInLine:
      return "another task computes on its node, and no other node is idle";
    case NoCopy::kNoFreeSlot:
      break;
  }
  return "no other node has a free slot";
}

constexpr const char* kRace = "the copy that starts first goes on and the others are cancelled";

// The sentence of a step, and when it is taken.
struct Sentence {
  std::string text;
  std::optional<TimePoint> at = {};
};

struct StepInWords {
  const RoundFacts& facts;

  Sentence operator()(const std::monostate&) const { return {}; }
  Sentence operator()(const next_step::OfferToNewNode&) const {
    const std::size_t count = facts.ready ? facts.ready->count : 0;
    const std::string who = count == 1 ? absl::StrCat("shard ", facts.ready->first, " is")
                                       : absl::StrCat(count, " shards are");
    return {absl::StrCat(who, " given out as soon as a node joins")};
  }
  Sentence operator()(const next_step::OfferAfterAnswer& next) const {
    return {absl::StrCat("shard ", next.shard, " is offered when that is answered")};
  }
  Sentence operator()(const next_step::OfferAfterRest& next) const {
    return {absl::StrCat("shard ", next.shard, " is offered to ", next.node), next.at};
  }
  Sentence operator()(const next_step::OfferToFreeSlot& next) const {
    const std::string text =
        absl::StrCat("shard ", next.shard, " goes to the first node with a free slot");
    if (!next.deadline) return {text};
    return {absl::StrCat(text, "; in ", Left(facts, next.deadline->at), ", ",
                         DeadlineClause(*next.deadline))};
  }
  Sentence operator()(const next_step::OfferAfterBackOff& next) const {
    return {absl::StrCat("shard ", next.shard, " is offered again"), next.at};
  }
  Sentence operator()(const next_step::AnotherCopy& next) const {
    const bool second = next.copies == 1;
    return {
        absl::StrCat(second ? "a second" : "another", " copy of shard ", next.shard, " goes to ",
                     OneOf(next.nodes), next.node_rests ? ", which rests until then," : "", " if ",
                     second ? "it has not" : "none has", " started by then", next.race ? "; " : "",
                     next.race ? kRace : ""),
        next.at};
  }
  Sentence operator()(const next_step::RaceOfCopies&) const { return {kRace}; }
  Sentence operator()(const next_step::AwaitDeadline& next) const {
    std::vector<std::string> clauses;
    if (next.deadline) clauses.push_back(DeadlineClause(*next.deadline));
    if (next.no_copy) {
      clauses.push_back(
          absl::StrCat("no second copy before: ", NoCopyClause(facts, *next.no_copy)));
    }
    Sentence sentence{absl::StrJoin(clauses, "; ")};
    if (next.deadline) sentence.at = next.deadline->at;
    return sentence;
  }
};

}  // namespace

Explanation ExplainRound(const RoundFacts& facts) {
  Explanation said;
  said.time = facts.time;
  said.since = facts.since;
  said.waiting_for = WaitingFor(facts);
  Sentence next = std::visit(StepInWords{facts}, facts.next);
  said.next = std::move(next.text);
  said.next_at = next.at;
  return said;
}

}  // namespace mlp::coordinator
