#include "services/coordinator/job/replay.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {
namespace {

constexpr std::chrono::hours kLongestJob{24 * 366};
// Time after which a wake-up is assumed to have happened: a loop that is less late for it may have
// been handling something else.
constexpr std::chrono::seconds kSurelyAwake{5};
// Number of nodes that the scheduler may look at in the time of a shard when a node comes or goes.
constexpr int kNodesPerShard = 16;
// Cost of a decision that it makes while nothing is recorded: it never hears how that decision
// ends, so the decision costs memory.
constexpr int kShardsPerDecision = 64;

// The recorded part of a decision.
struct Decided {
  enum class Kind : std::uint8_t { kDispatch, kCancel, kGiveUp };
  Kind kind = Kind::kDispatch;
  AttemptId attempt = 0;
  int shard = 0;
  int node = 0;
  int offer = 0;
  AttemptId hedge_of = 0;
  std::string reason;  // not compared

  friend bool operator==(const Decided& a, const Decided& b) {
    const auto key = [](const Decided& decided) {
      return std::tie(decided.kind, decided.attempt, decided.shard, decided.node, decided.offer,
                      decided.hedge_of);
    };
    return key(a) == key(b);
  }
};

Decided Of(const Dispatch& dispatch) {
  return {Decided::Kind::kDispatch, dispatch.attempt,  dispatch.shard, dispatch.node,
          dispatch.offer,           dispatch.hedge_of, dispatch.reason};
}
Decided Of(const Cancel& cancel) {
  return {Decided::Kind::kCancel, cancel.attempt, 0, 0, 0, 0, cancel.reason};
}
Decided Of(const GiveUp& give_up) {
  return {Decided::Kind::kGiveUp, 0, give_up.shard, 0, 0, 0, give_up.reason};
}
Decided Of(const events::AttemptDispatched& event) {
  return {Decided::Kind::kDispatch, event.attempt, event.shard, event.node_number, event.offer,
          event.hedge_of,           event.reason};
}

class Replayer {
 public:
  explicit Replayer(std::int64_t most_work) : work_left_(most_work) {}

  absl::Status Take(const JobEvent& record) {
    record_ = &record;
    absl::Status status = std::visit([this](const auto& event) { return On(event); }, record.body);
    if (status.ok()) return status;
    return absl::InvalidArgumentError(
        absl::StrCat("event ", record.sequence, ": ", status.message()));
  }

  absl::StatusOr<ReplayResult> Finish() {
    if (!scheduler_) {
      return absl::InvalidArgumentError(
          "no record says how the scheduler began (scheduling_began): the job never ran, or its "
          "log is that of an older version");
    }
    if (state_ == JobState::kSucceeded) {
      MissTheRest();
    } else {
      result_.cut_off = static_cast<std::int64_t>(expected_.size());
    }
    return std::move(result_);
  }

 private:
  // ---- Events

  absl::Status On(const events::SchedulingBegan& event) {
    if (!std::exchange(resumed_, false)) MissTheRest();
    expected_.clear();
    nodes_ = 0;
    if (absl::Status status = Spend(event.options.shards); !status.ok()) return status;
    scheduler_.emplace(event.options);
    shards_ = event.options.shards;
    round_runs_ = paused_ = false;
    awake_since_ = {};
    result_.policy = event.options.policy;
    return CheckTime();
  }
  absl::Status On(const events::NodeJoined& event) {
    names_[event.node] = event.name;
    nodes_ = std::max(nodes_, event.node + 1);
    if (absl::Status status = Spend(nodes_ / kNodesPerShard); !status.ok()) return status;
    return Tell(NodeJoined(event));
  }
  absl::Status On(const events::NodeLeft& event) {
    if (absl::Status status = Spend(nodes_ / kNodesPerShard); !status.ok()) return status;
    return Tell(event);
  }
  absl::Status On(const events::ResultsCached& event) {
    const auto shards = static_cast<std::int64_t>(event.shards.size());
    if (absl::Status status = Spend(shards); !status.ok()) return status;
    return Tell(event);
  }
  absl::Status On(const events::RoundStarted& event) {
    if (event.shards != shards_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the round has ", event.shards, " shards, the scheduler began with ", shards_));
    }
    const auto out = static_cast<std::int64_t>(scheduler_ ? scheduler_->attempts_out() : 0);
    if (absl::Status status = Spend(shards_ + out); !status.ok()) return status;
    round_runs_ = true;
    ++result_.rounds;
    return Tell(RoundStarted{event.restored_shards});
  }
  template <class What>
  absl::Status On(const events::OfAttempt<What>& event) {
    return Tell(What(event));
  }
  // The way in which a cancelled attempt ends does not matter.
  absl::Status On(const events::AttemptReleased& event) {
    return Tell(AttemptFailed{event.attempt, FailureKind::kNodeLost, "cancelled"});
  }

  // ---- Decisions

  absl::Status On(const events::AttemptDispatched& event) { return Compare(Of(event)); }
  absl::Status On(const events::AttemptCancelled& event) { return Compare(Of(event)); }
  absl::Status On(const events::RoundGivenUp& event) { return Compare(Of(event)); }

  // ---- Records that do not concern the scheduler

  absl::Status On(const events::StateChanged& event) {
    state_ = event.state;
    return absl::OkStatus();
  }
  // Wake-ups that were due while the job was paused came together, at its end.
  absl::Status On(const events::Waiting& event) {
    absl::Status status;
    if (event.paused() && scheduler_) {
      MissTheRest();
      status = WakeUpBefore(record_->time);
    }
    if (paused_ && !event.paused()) awake_since_ = record_->time;
    paused_ = event.paused();
    return status;
  }
  // Nobody knows any more whether the last decisions were carried out.
  absl::Status On(const events::Resumed&) {
    resumed_ = true;
    return absl::OkStatus();
  }
  absl::Status On(const events::RoundFinished&) { return absl::OkStatus(); }
  absl::Status On(const events::RoundValidated&) { return absl::OkStatus(); }

  absl::Status Tell(const SchedulerEvent& event) {
    if (absl::Status status = CheckTime(); !status.ok()) return status;
    MissTheRest();
    if (absl::Status status = WakeUpBefore(record_->time); !status.ok()) return status;
    ++result_.events;
    // The scheduler is asked when RoundRunner::Run asks it: not before the first round, not between
    // two rounds.
    const bool asked = Runs() || std::holds_alternative<RoundStarted>(event);
    scheduler_->Apply(record_->time, event);
    if (asked) Decide();
    return absl::OkStatus();
  }

  void Decide() {
    DecideAt(record_->time);
    decided_after_ = record_;
  }
  void DecideAt(TimePoint now) {
    decided_ = now;
    for (const Decision& decision : scheduler_->Decide(now)) {
      expected_.push_back(std::visit([](const auto& each) { return Of(each); }, decision));
    }
  }
  bool Runs() const { return round_runs_ && !scheduler_->Done(); }

  // Asks the scheduler at its wake-ups. Those without a decision are not recorded, but the time at
  // which the scheduler looks at a deadline decides when it looks again.
  absl::Status WakeUpBefore(TimePoint next) {
    while (Runs() && !paused_) {
      const std::optional<TimePoint> due = scheduler_->NextWakeup();
      if (!due) break;
      const TimePoint wakeup = std::max(*due, awake_since_);
      if (wakeup <= decided_ || wakeup + kSurelyAwake >= next) break;
      DecideAt(wakeup);
      const auto decisions = static_cast<std::int64_t>(expected_.size());
      absl::Status status = Spend(kShardsPerDecision * (1 + decisions));
      if (!status.ok()) return status;
      MissTheRest();
    }
    return absl::OkStatus();
  }

  absl::Status Spend(std::int64_t work) {
    work_left_ -= work;
    if (work_left_ >= 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "replaying it takes too long: the log has more shards, nodes or time than records");
  }

  absl::Status Compare(const Decided& recorded) {
    if (absl::Status status = CheckTime(); !status.ok()) return status;
    ++result_.decisions;
    if (record_->time != decided_) {
      MissTheRest();
      if (absl::Status status = WakeUpBefore(record_->time); !status.ok()) return status;
      Decide();
    }
    std::optional<Decided> replayed;
    if (!expected_.empty()) {
      replayed = std::move(expected_.front());
      expected_.pop_front();
    }
    if (replayed != recorded) {
      Differ(*record_, &recorded, replayed ? &*replayed : nullptr);
    } else if (replayed->reason != recorded.reason) {
      ++result_.reworded;
    }
    decided_after_ = record_;
    return absl::OkStatus();
  }

  // Reports decisions of the scheduler that nobody recorded.
  void MissTheRest() {
    for (const Decided& replayed : expected_) Differ(*decided_after_, nullptr, &replayed);
    expected_.clear();
  }

  void Differ(const JobEvent& where, const Decided* recorded, const Decided* replayed) {
    if (++result_.differences > static_cast<std::int64_t>(kMaxDifferencesKept)) return;
    result_.first_differences.push_back({where.sequence, where.round,
                                         recorded == nullptr ? "" : Text(*recorded),
                                         replayed == nullptr ? "" : Text(*replayed)});
  }

  std::string Text(const Decided& decided) const {
    switch (decided.kind) {
      case Decided::Kind::kDispatch: {
        const auto name = names_.find(decided.node);
        std::string text = absl::StrCat("attempt ", decided.attempt, ": shard ", decided.shard,
                                        " to node ", decided.node);
        if (name != names_.end()) absl::StrAppend(&text, " (", name->second, ")");
        absl::StrAppend(&text, ", offer ", decided.offer);
        if (decided.hedge_of != 0) absl::StrAppend(&text, ", copy of ", decided.hedge_of);
        return absl::StrCat(text, ": ", decided.reason);
      }
      case Decided::Kind::kCancel:
        return absl::StrCat("attempt ", decided.attempt, " cancelled: ", decided.reason);
      case Decided::Kind::kGiveUp:
        return absl::StrCat("given up for shard ", decided.shard, ": ", decided.reason);
    }
    return "";
  }

  // Checks the record's time, before the scheduler gets it or is asked.
  absl::Status CheckTime() {
    if (!scheduler_) return absl::InvalidArgumentError("scheduling_began must come before it");
    if (!first_time_) first_time_ = last_time_ = record_->time;
    if (record_->time < last_time_) return absl::InvalidArgumentError("its time goes back");
    if (record_->time - *first_time_ > kLongestJob) {
      return absl::InvalidArgumentError("more than a year after the job began");
    }
    last_time_ = record_->time;
    return absl::OkStatus();
  }

  ReplayResult result_;
  std::int64_t work_left_;
  std::optional<Scheduler> scheduler_;
  int shards_ = 0;
  int nodes_ = 0;  // all their numbers are below it
  bool round_runs_ = false;
  bool resumed_ = false;  // resumed, and the new scheduler has not begun
  bool paused_ = false;
  TimePoint awake_since_;  // the end of the last pause
  JobState state_ = JobState::kPending;
  std::map<int, std::string> names_;  // keyed by node number
  const JobEvent* record_ = nullptr;  // the record that is being taken
  std::optional<TimePoint> first_time_;
  TimePoint last_time_;
  // The scheduler's last decisions that were not compared yet, their time, and the record that they
  // follow.
  std::deque<Decided> expected_;
  TimePoint decided_;
  const JobEvent* decided_after_ = nullptr;
};

}  // namespace

absl::StatusOr<ReplayResult> Replay(const std::vector<JobEvent>& records, std::int64_t most_work) {
  // A round of n shards has at least n records, and a few rounds may start twice.
  Replayer replayer(most_work + 2 * static_cast<std::int64_t>(records.size()));
  for (const JobEvent& record : records) {
    if (absl::Status status = replayer.Take(record); !status.ok()) return status;
  }
  return replayer.Finish();
}

}  // namespace mlp::coordinator
