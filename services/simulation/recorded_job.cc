#include "services/simulation/recorded_job.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/proto/job_event_proto.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/simulation/simulated_world.h"
#include "services/simulation/synthetic_dataset.h"

namespace mlp::simulation {
namespace {

namespace events = coordinator::events;
using coordinator::JobEvent;
using std::chrono::nanoseconds;

nanoseconds Median(std::vector<nanoseconds> values) {
  if (values.empty()) return nanoseconds(0);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// A node comes or goes, so long after the scheduler began.
struct Move {
  nanoseconds after{};
  std::size_t node = 0;
  bool up = false;
};

// The facts about the job and its world in the records.
class Observed {
 public:
  explicit Observed(const std::vector<JobEvent>& records) {
    for (const JobEvent& record : records) {
      record_ = &record;
      std::visit([this](const auto& event) { On(event); }, record.body);
    }
  }

  coordinator::SchedulerOptions options;
  std::vector<SimulatedNodeOptions> nodes;  // names differ
  std::vector<Move> moves;                  // in the order of their times
  JobCourse course;
  std::string last_detail;

  std::vector<nanoseconds> ComputeTimes() const {
    std::vector<nanoseconds> times;
    for (const auto& [shard, of_shard] : compute_times_) {
      times.insert(times.end(), of_shard.begin(), of_shard.end());
    }
    return times;
  }
  // The compute times by shard; a shard that was never trained gets the median of all.
  std::vector<nanoseconds> ComputeTimeByShard() const {
    std::vector<nanoseconds> times(static_cast<std::size_t>(options.shards),
                                   Median(ComputeTimes()));
    for (const auto& [shard, of_shard] : compute_times_) {
      if (shard < options.shards) times[static_cast<std::size_t>(shard)] = Median(of_shard);
    }
    return times;
  }
  nanoseconds MessageTime() const { return Median(overheads_) / 2; }

 private:
  void On(const events::SchedulingBegan& event) {
    options = event.options;
    course.policy = options.policy;
    began_ = record_->time;
  }
  // Addresses of one name are one node: it is up while one of them is.
  void On(const events::NodeJoined& event) {
    const auto [place, is_new] = numbers_.try_emplace(event.name, nodes.size());
    if (is_new) {
      SimulatedNodeOptions node;
      node.name = event.name;
      node.load = {event.load.probability, event.load.delay, event.load.seed};
      nodes.push_back(std::move(node));
      up_.emplace_back();
    }
    names_[event.node] = event.name;
    std::set<int>& up = up_[place->second];
    if (up.insert(event.node).second && up.size() == 1) NoteMove(place->second, true);
  }
  void On(const events::NodeLeft& event) {
    const auto name = names_.find(event.node);
    if (name == names_.end()) return;
    const std::size_t node = numbers_.at(name->second);
    std::set<int>& up = up_[node];
    if (up.erase(event.node) == 1 && up.empty()) NoteMove(node, false);
  }
  void On(const events::AttemptDispatched& event) {
    ++course.attempts;
    course.copies += event.hedge_of != 0;
  }
  void On(const events::AttemptRejected&) { ++course.rejections; }
  void On(const events::AttemptCancelled&) { ++course.cancelled; }
  void On(const events::AttemptFailed&) { ++course.failures; }
  void On(const events::AttemptStarted& event) {
    waits_[event.attempt] = event.queued_for + event.held_up_for;
  }
  void On(const events::AttemptFinished& event) {
    compute_times_[event.shard].push_back(event.compute_time);
    const auto waited = waits_.find(event.attempt);
    if (waited == waits_.end()) return;
    const nanoseconds rest =
        event.total_time - waited->second - event.compute_time - event.load_time;
    overheads_.push_back(std::max(rest, nanoseconds(0)));
    waits_.erase(waited);
  }
  void On(const events::RoundFinished&) {
    ++course.rounds;
    course.time = record_->time - began_;
  }
  void On(const events::StateChanged& event) {
    if (event.state == coordinator::JobState::kFailed ||
        event.state == coordinator::JobState::kCancelled) {
      course.trouble = event.detail;
    }
  }
  void On(const events::Waiting&) {}
  void On(const events::RoundStarted&) {}
  void On(const events::AttemptAccepted&) {}
  void On(const events::AttemptReleased&) {}
  void On(const events::RoundGivenUp&) {}
  void On(const events::Resumed&) {}
  void On(const events::ResultsCached&) {}
  void On(const events::RoundValidated&) {}

  void NoteMove(std::size_t node, bool up) { moves.push_back({record_->time - began_, node, up}); }

  const JobEvent* record_ = nullptr;
  coordinator::TimePoint began_;
  std::map<std::string, std::size_t> numbers_;  // by name: place in `nodes`
  std::map<int, std::string> names_;            // by recorded number, as last heard
  std::vector<std::set<int>> up_;               // by place: the recorded numbers that are up
  std::map<coordinator::AttemptId, nanoseconds> waits_;
  std::map<int, std::vector<nanoseconds>> compute_times_;  // by shard
  std::vector<nanoseconds> overheads_;
};

coordinator::JobSpec SpecFor(const Observed& observed,
                             const coordinator::SchedulerOptions& options) {
  coordinator::JobSpec spec;
  spec.dataset = "given";
  spec.rounds = observed.course.rounds;
  spec.hidden_layer_sizes = {1};
  spec.seed = static_cast<std::uint32_t>(options.seed);
  spec.policy = options.policy;
  spec.max_retries = options.max_retries;
  const bool when_free = coordinator::BindsWhenFree(options.policy);
  spec.slots = when_free ? options.slots : 0;
  spec.hedge_after = when_free ? options.hedge_after : std::nullopt;
  return spec;
}

SimulatedWorldOptions WorldFor(const Observed& observed) {
  SimulatedWorldOptions world;
  world.nodes = observed.nodes;
  world.nodes_up = false;
  world.message_time = observed.MessageTime();
  world.waits = observed.options.waits;
  world.load_dataset = [shards = observed.options.shards](const std::string&) {
    return SyntheticDataset(shards);
  };
  const auto compute_time = [times = observed.ComputeTimeByShard()](auto /*round*/, auto shard) {
    return times[static_cast<std::size_t>(shard)];
  };
  for (SimulatedNodeOptions& node : world.nodes) node.compute_time = compute_time;
  return world;
}

// Makes the nodes come and go as they did.
void ScheduleMoves(const Observed& observed, SimulatedWorld& world) {
  const async::TimePoint begin = world.clock().Now();
  for (const Move& move : observed.moves) {
    const int node = static_cast<int>(move.node);
    const auto carry_out = [&world, node, up = move.up] {
      if (up) {
        world.cluster().Start(node);
      } else {
        world.cluster().Crash(node);
      }
    };
    if (move.after == nanoseconds(0)) {
      carry_out();
    } else {
      world.clock().Schedule(begin + move.after, carry_out);
    }
  }
}

absl::StatusOr<JobCourse> Simulate(const Observed& observed, const coordinator::JobSpec& spec) {
  SimulatedWorld world(WorldFor(observed));
  ScheduleMoves(observed, world);
  const absl::StatusOr<coordinator::Job> job = world.RunJob(spec);
  if (!job.ok()) return job.status();
  JobCourse course = Observed(world.Events(job->id)).course;
  course.policy = spec.policy;
  if (job->state != coordinator::JobState::kSucceeded) course.trouble = job->detail;
  return course;
}

// The recorded specification with another policy.
coordinator::JobSpec OtherSpec(const coordinator::JobSpec& recorded, const WhatIfOptions& options) {
  coordinator::JobSpec spec = recorded;
  spec.policy = options.policy;
  if (!coordinator::BindsWhenFree(options.policy)) {
    spec.slots = 0;
    spec.hedge_after.reset();
  } else if (!coordinator::BindsWhenFree(recorded.policy)) {
    spec.hedge_after = coordinator::kDefaultHedgeAfter;
  }
  if (options.slots) spec.slots = *options.slots;
  if (options.hedging == false) spec.hedge_after.reset();
  if (options.hedging == true) {
    spec.hedge_after = options.hedge_after.value_or(coordinator::kDefaultHedgeAfter);
  }
  return spec;
}

absl::Status CheckOptions(const WhatIfOptions& options) {
  absl::Status status = coordinator::CheckPolicyName("policy", options.policy);
  if (!status.ok() || coordinator::BindsWhenFree(options.policy)) return status;
  const std::string why =
      absl::StrCat("not for policy ", options.policy, ", which binds shards at once; leave it out");
  if (options.slots) return FieldError("slots", why);
  if (options.hedging == true) return FieldError("hedge", why);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<JobEvent>> RecordsOf(const std::vector<v1::JobEvent>& events) {
  std::vector<JobEvent> records;
  records.reserve(events.size());
  for (const v1::JobEvent& event : events) {
    absl::StatusOr<JobEvent> record = coordinator::FromProto(event);
    if (!record.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("event ", event.sequence(), ": ", record.status().message()));
    }
    records.push_back(*std::move(record));
  }
  return records;
}

bool GivesSlots(const std::string& policy) {
  return coordinator::MakePolicy(policy) != nullptr && coordinator::BindsWhenFree(policy);
}

absl::StatusOr<WhatIf> SimulateUnder(const std::vector<JobEvent>& records,
                                     const WhatIfOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  const absl::StatusOr<coordinator::ReplayResult> replayed = coordinator::Replay(records);
  if (!replayed.ok()) return replayed.status();
  const Observed observed(records);
  if (observed.course.rounds == 0) {
    return absl::InvalidArgumentError("no round was finished: there is nothing to simulate");
  }
  const coordinator::JobSpec spec = SpecFor(observed, observed.options);
  WhatIf what_if;
  what_if.recorded = observed.course;
  what_if.compute_time = Median(observed.ComputeTimes());
  what_if.message_time = observed.MessageTime();
  what_if.nodes = static_cast<int>(observed.nodes.size());
  what_if.shards = observed.options.shards;
  absl::StatusOr<JobCourse> same = Simulate(observed, spec);
  if (!same.ok()) return same.status();
  absl::StatusOr<JobCourse> other = Simulate(observed, OtherSpec(spec, options));
  if (!other.ok()) return other.status();
  what_if.same = *std::move(same);
  what_if.other = *std::move(other);
  return what_if;
}

}  // namespace mlp::simulation
