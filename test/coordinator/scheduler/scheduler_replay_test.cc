// The scheduler in small random worlds: nodes reject, fail, lack data, leave and come back, events
// come late and twice. Whatever happens, the scheduler keeps its promises, and the same events at
// the same times give the same decisions.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

// An event that the scheduler got, or a call of Decide, with its time.
struct Step {
  TimePoint now;
  std::optional<SchedulerEvent> event;  // nullopt: Decide
};

std::string Text(const Decision& decision) {
  if (const auto* dispatch = std::get_if<Dispatch>(&decision)) {
    return absl::StrCat("dispatch ", dispatch->attempt, " shard ", dispatch->shard, " node ",
                        dispatch->node, " offer ", dispatch->offer, " copy of ", dispatch->hedge_of,
                        " ", dispatch->reason);
  }
  if (const auto* cancel = std::get_if<Cancel>(&decision)) {
    return absl::StrCat("cancel ", cancel->attempt, " ", cancel->reason);
  }
  return absl::StrCat("give up ", std::get<GiveUp>(decision).reason);
}

std::vector<std::string> Replay(const SchedulerOptions& options, const std::vector<Step>& steps) {
  Scheduler scheduler(options);
  std::vector<std::string> decisions;
  for (const Step& step : steps) {
    if (step.event) {
      scheduler.Apply(step.now, *step.event);
      continue;
    }
    for (const Decision& decision : scheduler.Decide(step.now)) decisions.push_back(Text(decision));
  }
  return decisions;
}

// A cluster in virtual time around one scheduler, and the bookkeeping that checks it. It calls
// Decide after events and at NextWakeup() only. The first broken promise is kept in `broken`.
class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed),
        options_(RandomOptions()),
        policy_(MakePolicy(options_.policy)),
        scheduler_(options_),
        nodes_(1 + Draw(5)),
        rejects_(Draw(90)),
        fails_(Draw(30)),
        unfit_(Draw(3) == 0 ? Draw(40) : 0) {
    for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) {
      At(Draw(30) * 1ms, [this, node] { ToggleNode(node); });
    }
  }

  void Run(int rounds) {
    for (int round = 0; round < rounds && broken.empty(); ++round) RunRound();
  }

  const SchedulerOptions& options() const { return options_; }
  std::string broken;
  std::vector<Step> steps;
  std::vector<std::string> decisions;
  int give_ups = 0;
  int rounds_done = 0;
  int copies = 0;
  int deadlines = 0;

 private:
  struct Node {
    bool up = false;
    int active = 0;
    TimePoint may_not_before;  // after a rejection under pull
  };
  struct Shard {
    std::set<AttemptId> copies;  // that are out and wanted
    bool finished = false;
    int returns = 0;
    std::map<int, int> offers;
    std::set<int> unfit;
    TimePoint may_not_before;  // after a rejection under the others
  };
  struct Attempt {
    int round = 0;
    int shard = 0;
    int node = 0;
    bool wanted = true;
    bool started = false;
  };

  SchedulerOptions RandomOptions() {
    SchedulerOptions options;
    options.shards = 1 + static_cast<int>(Draw(9));
    options.policy = PolicyNames()[Draw(PolicyNames().size())];
    options.max_retries = static_cast<int>(Draw(2) == 0 ? Draw(6) : 100);
    options.slots = static_cast<int>(Draw(4));
    options.hedge_after = Draw(3) * 3ms;
    if (Draw(2) == 0) options.hedge_after.reset();
    options.waits.cool_down = Draw(3) * 5ms;
    options.waits.back_off_base = Draw(3) * 5ms;
    options.waits.back_off_max = 40ms;
    options.waits.answer = 3ms;
    if (Draw(3) == 0) options.waits.first_deadline = options.waits.least_deadline = 15ms;
    options.seed = random_();
    return options;
  }

  std::size_t Draw(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
  void At(std::chrono::nanoseconds delay, std::function<void()> action) {
    agenda_.emplace(now_ + delay, std::move(action));
  }
  void Expect(bool kept, const char* promise) {
    if (!kept && broken.empty()) broken = promise;
  }
  Node& NodeAt(int node) { return nodes_[static_cast<std::size_t>(node)]; }
  Shard& ShardAt(int shard) { return shards_[static_cast<std::size_t>(shard)]; }

  void Tell(SchedulerEvent event) {
    scheduler_.Apply(now_, event);
    steps.push_back({now_, std::move(event)});
  }

  void RunRound() {
    ++round_;
    given_up_ = false;
    shards_.assign(static_cast<std::size_t>(options_.shards), Shard());
    for (auto& [id, attempt] : attempts_) attempt.wanted = false;
    Tell(RoundStarted{});
    for (int turns = 0; !scheduler_.Done() && !given_up_ && broken.empty(); ++turns) {
      Expect(turns < 100'000, "a round ends");
      Decide();
      Advance();
    }
    if (scheduler_.Done()) ++rounds_done;
    Expect(scheduler_.Done() == std::ranges::all_of(shards_, &Shard::finished),
           "done when all shards are trained");
    Expect(!given_up_ || scheduler_.Decide(now_).empty(), "nothing after giving up");
  }

  // Advances to the next thing on the agenda or the wakeup, whichever is first.
  void Advance() {
    const std::optional<TimePoint> wakeup = scheduler_.NextWakeup();
    Expect(!wakeup || *wakeup > now_, "a wakeup lies in the future");
    const bool stuck = !wakeup && attempts_.empty() && !scheduler_.Done() && !given_up_;
    Expect(!stuck || std::ranges::none_of(nodes_, &Node::up), "never stalls while a node is up");
    const RoundFacts facts = scheduler_.Explain(now_);
    const bool told = facts.held || facts.computing || facts.ready || facts.backing_off;
    Expect(told == (!scheduler_.Done() && !given_up_),
           "tells what it waits for just when it waits");
    if (wakeup && (agenda_.empty() || *wakeup < agenda_.begin()->first)) {
      now_ = *wakeup;
      return;
    }
    const auto next = agenda_.extract(agenda_.begin());
    now_ = next.key();
    next.mapped()();
  }

  void Decide() {
    steps.push_back({now_, std::nullopt});
    const bool out_of_retries = std::ranges::any_of(
        shards_, [this](const Shard& shard) { return shard.returns > options_.max_retries; });
    for (const Decision& decision : scheduler_.Decide(now_)) {
      decisions.push_back(Text(decision));
      Expect(!given_up_, "a give-up comes last");
      std::visit([this](const auto& each) { Obey(each); }, decision);
    }
    Expect(given_up_ || !out_of_retries, "retries are bounded");
    for (const Shard& shard : shards_) {
      const auto started = [this](AttemptId id) { return attempts_.at(id).started; };
      const auto count = std::ranges::count_if(shard.copies, started);
      Expect(given_up_ || count == 0 || count == std::ssize(shard.copies),
             "copies that have not started are cancelled as soon as one has");
      Expect(given_up_ || !shard.finished || shard.copies.empty(),
             "copies are cancelled when one has finished");
    }
  }

  void Obey(const Dispatch& dispatch) {
    Node& node = NodeAt(dispatch.node);
    Shard& shard = ShardAt(dispatch.shard);
    Expect(dispatch.attempt == ++last_attempt_, "attempts are numbered through");
    Expect(node.up, "only nodes that are up get work");
    Expect(now_ >= node.may_not_before, "a node that rejected cools down");
    Expect(now_ >= shard.may_not_before, "a shard that was rejected backs off");
    Expect(!shard.finished, "a shard is trained once");
    if (dispatch.hedge_of == 0) {
      Expect(shard.copies.empty(), "a shard that is out is offered again as a copy only");
    } else {
      ++copies;
      CheckCopy(dispatch, shard);
    }
    Expect(!shard.unfit.contains(dispatch.node), "a node that is unfit is not asked again");
    Expect(dispatch.offer == shard.offers[dispatch.node]++, "offers are counted");
    Expect(dispatch.terms.rejectable == policy_->traits().rejectable, "terms are the policy's");
    Expect(!dispatch.reason.empty(), "every dispatch has a reason");
    ++node.active;
    Expect(dispatch.terms.slots == 0 || node.active <= dispatch.terms.slots, "slots are kept");
    Expect((dispatch.terms.slots > 0) == BindsWhenFree(), "slots are for late binding");
    shard.copies.insert(dispatch.attempt);
    attempts_[dispatch.attempt] = {round_, dispatch.shard, dispatch.node};
    At(Draw(20) * 1ms, [this, id = dispatch.attempt] { EndAttempt(id); });
    if (Draw(2) == 0) At(1ms, [this, id = dispatch.attempt] { Tell(AttemptAccepted{id}); });
    if (Draw(2) == 0) At(2ms, [this, id = dispatch.attempt] { Start(id); });
  }

  bool BindsWhenFree() const { return policy_->traits().binding == Binding::kWhenFree; }

  void CheckCopy(const Dispatch& dispatch, const Shard& shard) {
    Expect(BindsWhenFree() && options_.hedge_after, "only those that may hedge do");
    Expect(shard.copies.contains(dispatch.hedge_of), "a copy is one of an attempt that is out");
    for (const AttemptId id : shard.copies) {
      Expect(!attempts_.at(id).started, "what has started gets no copy");
      Expect(attempts_.at(id).node != dispatch.node, "a copy goes to another node");
    }
    for (const Shard& other : shards_) {
      const bool ready = !other.finished && other.copies.empty() && other.may_not_before <= now_;
      Expect(!ready || !other.unfit.empty(), "a copy keeps no shard waiting");
    }
  }

  void Start(AttemptId id) {
    Tell(AttemptStarted{id});
    if (const auto found = attempts_.find(id); found != attempts_.end()) {
      found->second.started = true;
    }
  }

  void Obey(const Cancel& cancel) {
    const auto found = attempts_.find(cancel.attempt);
    Expect(found != attempts_.end() && found->second.wanted, "what is cancelled is out");
    Expect(!cancel.reason.empty(), "every call-back has a reason");
    if (found == attempts_.end()) return;
    found->second.wanted = false;
    Shard& shard = ShardAt(found->second.shard);
    shard.copies.erase(cancel.attempt);
    if (!absl::StartsWith(cancel.reason, "no sign of life")) return;
    ++deadlines;
    if (shard.copies.empty()) ++shard.returns;
  }

  void Obey(const GiveUp& give_up) {
    given_up_ = true;
    ++give_ups;
    const auto wanted = [](const auto& entry) { return entry.second.wanted; };
    Expect(std::ranges::none_of(attempts_, wanted), "giving up cancels all attempts");
    const bool bounded = ShardAt(give_up.shard).returns <= options_.max_retries;
    const bool none_fit = std::ranges::none_of(nodes_, [&](const Node& node) {
      return node.up &&
             !ShardAt(give_up.shard).unfit.contains(static_cast<int>(&node - &nodes_[0]));
    });
    Expect(!bounded || none_fit || hopeless_.contains({round_, give_up.shard}),
           "only gives up for a cause");
    Expect(absl::StrContains(give_up.reason, absl::StrCat("shard ", give_up.shard)),
           "a give-up names its shard");
  }

  void ToggleNode(int node) {
    NodeAt(node).up = !NodeAt(node).up;
    if (NodeAt(node).up) {
      Tell(NodeJoined{node, absl::StrCat("n", node)});
    } else {
      Tell(NodeLeft{node});
    }
    At((NodeAt(node).up ? 20 + Draw(300) : Draw(60)) * 1ms, [this, node] { ToggleNode(node); });
  }

  void EndAttempt(AttemptId id) {
    const Attempt attempt = attempts_.extract(id).mapped();
    Node& node = NodeAt(attempt.node);
    --node.active;
    const SchedulerEvent end = DrawEnd(id, attempt);
    Tell(end);
    if (Draw(10) == 0) At(Draw(50) * 1ms, [this, end] { Tell(end); });  // once more, late
    if (!attempt.wanted) return;
    Shard& shard = ShardAt(attempt.shard);
    shard.copies.erase(id);
    shard.finished = std::holds_alternative<AttemptFinished>(end);
    if (!shard.finished && shard.copies.empty()) ++shard.returns;
    if (std::holds_alternative<AttemptRejected>(end)) NoteRejection(node, shard);
    if (const auto* failed = std::get_if<AttemptFailed>(&end)) {
      if (failed->kind == FailureKind::kNodeUnfit) shard.unfit.insert(attempt.node);
      if (failed->kind == FailureKind::kHopeless) hopeless_.insert({round_, attempt.shard});
    }
  }

  void NoteRejection(Node& node, Shard& shard) {
    switch (policy_->traits().after_rejection) {
      case AfterRejection::kCoolDownNode:
        node.may_not_before = now_ + options_.waits.cool_down;
        break;
      case AfterRejection::kBackOffShard:
        shard.may_not_before =
            now_ + std::min(options_.waits.back_off_base, options_.waits.back_off_max);
        break;
      case AfterRejection::kRetryAtOnce:
        break;
    }
  }

  SchedulerEvent DrawEnd(AttemptId id, const Attempt& attempt) {
    const bool fits = (std::hash<int>()(attempt.shard * 31 + attempt.node * 7) % 100) >= unfit_;
    if (!NodeAt(attempt.node).up) return AttemptFailed{id, FailureKind::kNodeLost, "gone"};
    if (policy_->traits().rejectable && Draw(100) < rejects_) return AttemptRejected{id, "busy"};
    if (!fits) return AttemptFailed{id, FailureKind::kNodeUnfit, "its file differs"};
    if (Draw(100) < fails_) return AttemptFailed{id, FailureKind::kNodeLost, "reset"};
    if (Draw(1000) == 0) return AttemptFailed{id, FailureKind::kHopeless, "not finite"};
    return AttemptFinished{id};
  }

  std::mt19937_64 random_;
  SchedulerOptions options_;
  std::unique_ptr<Policy> policy_;
  Scheduler scheduler_;
  TimePoint now_{1h};
  std::multimap<TimePoint, std::function<void()>> agenda_;
  std::vector<Node> nodes_;
  std::vector<Shard> shards_;
  std::map<AttemptId, Attempt> attempts_;   // that are out
  std::set<std::pair<int, int>> hopeless_;  // round and shard
  AttemptId last_attempt_ = 0;
  int round_ = 0;
  bool given_up_ = false;
  std::size_t rejects_, fails_, unfit_;  // percent
};

TEST_CASE("the scheduler keeps its promises in five thousand random worlds") {
  int give_ups = 0;
  int rounds_done = 0;
  int copies = 0;
  int deadlines = 0;
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    World world(seed);
    world.Run(5);
    INFO("seed " << seed << ", policy " << world.options().policy);
    REQUIRE(world.broken == "");
    give_ups += world.give_ups;
    rounds_done += world.rounds_done;
    copies += world.copies;
    deadlines += world.deadlines;
  }
  // The worlds are neither too kind nor too cruel to show anything.
  CHECK(give_ups > 1000);
  CHECK(rounds_done > 10000);
  CHECK(copies > 5000);
  CHECK(deadlines > 100);
}

TEST_CASE("replaying recorded events gives the recorded decisions") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    World world(seed);
    world.Run(5);
    INFO("seed " << seed);
    REQUIRE_FALSE(world.decisions.empty());
    REQUIRE(Replay(world.options(), world.steps) == world.decisions);
  }
}

TEST_CASE("another seed gives other draws") {
  SchedulerOptions options;
  options.shards = 50;
  options.policy = "random";
  const TimePoint start(1h);
  std::vector<Step> steps = {{start, NodeJoined{0, "a"}},
                             {start, NodeJoined{1, "b"}},
                             {start, RoundStarted{}},
                             {start, std::nullopt}};
  const std::vector<std::string> decisions = Replay(options, steps);
  CHECK(Replay(options, steps) == decisions);
  options.seed = 2;
  CHECK(Replay(options, steps) != decisions);
}

}  // namespace
}  // namespace mlp::coordinator
