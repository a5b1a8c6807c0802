#include "services/coordinator/proto/job_event_proto.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/job_spec.h"
#include "services/wire/model_proto.h"
#include "services/wire/time_proto.h"

namespace mlp::coordinator {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;
// The latest recorded time, 2100-01-01, which leaves room after every time.
constexpr std::chrono::sys_seconds kMaxRecordedTime{std::chrono::seconds(4102444800)};

// Reads the fields of one event and keeps the first error. `event` is its name in the protocol.
class Fields {
 public:
  explicit Fields(std::string event) : event_(std::move(event)) {}

  const absl::Status& status() const { return status_; }

  std::int64_t Count(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value >= low && value <= high) return value;
    Fail(field, absl::StrCat("must be ", low, " to ", high, ", not ", value));
    return low;
  }
  int Int(const char* field, std::int64_t value, int low, int high) {
    return static_cast<int>(Count(field, value, low, high));
  }
  nanoseconds Time(const char* field, const google::protobuf::Duration& proto) {
    const auto duration = wire::FromProto(proto, absl::StrCat(event_, ".", field));
    if (duration.ok()) return *duration;
    Keep(duration.status());
    return nanoseconds(0);
  }
  nanoseconds Wait(const char* field, const google::protobuf::Duration& proto) {
    const nanoseconds wait = Time(field, proto);
    if (wait <= kMaxRecordedWait) return wait;
    Fail(field, "must be at most 1000 hours");
    return kMaxRecordedWait;
  }
  double Number(const char* field, double value, double low, double high) {
    if (value >= low && value <= high) return value;
    Fail(field, absl::StrCat("must be ", low, " to ", high, ", not ", value));
    return low;
  }
  double Finite(const char* field, double value) {
    if (!std::isfinite(value)) Fail(field, "must be a finite number");
    return value;
  }
  mlp::Evaluation Evaluation(const char* field, const v1::Evaluation& proto) {
    const auto evaluation = wire::FromProto(proto, absl::StrCat(event_, ".", field));
    if (evaluation.ok()) return *evaluation;
    Keep(evaluation.status());
    return {};
  }
  // Converts the values 1 to `count` of the protocol to 0 to count - 1 of ours.
  template <class Enum>
  Enum Value(const char* field, int value, int count) {
    return static_cast<Enum>(Int(field, value, 1, count) - 1);
  }
  std::string Policy(const char* field, const std::string& policy) {
    Keep(CheckPolicyName(absl::StrCat(event_, ".", field), policy));
    return policy;
  }
  int Shard(std::int64_t shard) { return Int("shard", shard, 0, kMaxRecordedShards - 1); }
  int Node(const char* field, std::int64_t number) {
    return Int(field, number, 0, kMaxRecordedNodes - 1);
  }
  // Reads the common fields of an event about an attempt.
  template <class Event, class Proto>
  Event About(const Proto& proto) {
    Event event;
    event.attempt = Count("attempt", proto.attempt(), 1, kMaxCount);
    event.shard = Shard(proto.shard());
    event.node = proto.node();
    return event;
  }

 private:
  void Keep(const absl::Status& status) { status_.Update(status); }
  void Fail(const char* field, const std::string& message) {
    Keep(FieldError(absl::StrCat(event_, ".", field), message));
  }

  std::string event_;
  absl::Status status_;
};

// One overload of Read for each kind of event.

events::StateChanged Read(Fields& read, const v1::JobEvent::StateChanged& proto) {
  return {read.Value<JobState>("state", proto.state(), 5), proto.detail(), proto.model_digest()};
}
events::Waiting Read(Fields&, const v1::JobEvent::Waiting& proto) { return {proto.reason()}; }
events::NodeJoined Read(Fields& read, const v1::JobEvent::NodeJoined& proto) {
  events::NodeJoined event;
  event.name = proto.node();
  event.node = read.Node("number", proto.number());
  event.load.probability = read.Number("load_probability", proto.load_probability(), 0, 1);
  event.load.delay = read.Wait("load_delay", proto.load_delay());
  event.load.seed = proto.load_seed();
  event.slots = read.Int("slots", proto.slots(), 0, kMaxSlots);
  event.instance = proto.instance_id();
  return event;
}
events::NodeLeft Read(Fields& read, const v1::JobEvent::NodeLeft& proto) {
  return {read.Node("number", proto.number()), proto.node(), proto.reason()};
}
// Reads shards, each once, in order.
template <class Numbers>
std::vector<int> ReadShards(Fields& read, const char* field, const Numbers& numbers, int shards) {
  std::set<int> found;
  for (const std::int32_t shard : numbers) found.insert(read.Int(field, shard, 0, shards - 1));
  return {found.begin(), found.end()};
}
events::ResultsCached Read(Fields& read, const v1::JobEvent::ResultsKept& proto) {
  return {read.Node("number", proto.number()),
          ReadShards(read, "shards", proto.shards(), kMaxRecordedShards), proto.node()};
}
events::RoundStarted Read(Fields& read, const v1::JobEvent::RoundStarted& proto) {
  const int shards = read.Int("shards", proto.shards(), 1, kMaxRecordedShards);
  return {shards, ReadShards(read, "kept_shards", proto.kept_shards(), shards)};
}
events::Resumed Read(Fields& read, const v1::JobEvent::Resumed& proto) {
  return {read.Int("rounds_done", proto.rounds_done(), 0, kMaxRounds),
          read.Int("kept_shards", proto.kept_shards(), 0, kMaxRecordedShards)};
}
events::AttemptDispatched Read(Fields& read, const v1::JobEvent::AttemptDispatched& proto) {
  auto event = read.About<events::AttemptDispatched>(proto);
  event.reason = proto.reason();
  event.node_number = read.Node("node_number", proto.node_number());
  event.hedge_of = read.Count("hedge_of", proto.hedge_of(), 0, kMaxCount);
  event.offer = read.Int("offer", proto.offer(), 0, kMaxRetries);
  return event;
}
events::AttemptAccepted Read(Fields& read, const v1::JobEvent::AttemptAccepted& proto) {
  auto event = read.About<events::AttemptAccepted>(proto);
  event.queued_behind = proto.queued_behind();
  return event;
}
events::AttemptRejected Read(Fields& read, const v1::JobEvent::AttemptRejected& proto) {
  auto event = read.About<events::AttemptRejected>(proto);
  event.reason = proto.reason();
  return event;
}
events::AttemptStarted Read(Fields& read, const v1::JobEvent::AttemptStarted& proto) {
  auto event = read.About<events::AttemptStarted>(proto);
  event.queued_for = read.Time("queued_for", proto.queued_for());
  event.held_up_for = read.Time("held_up_for", proto.held_up_for());
  return event;
}
events::AttemptFinished Read(Fields& read, const v1::JobEvent::AttemptFinished& proto) {
  auto event = read.About<events::AttemptFinished>(proto);
  event.total_time = read.Time("total_time", proto.total_time());
  event.compute_time = read.Time("compute_time", proto.compute_time());
  event.load_time = read.Time("load_time", proto.load_time());
  event.epochs_run = proto.epochs_run();
  event.training = read.Evaluation("training", proto.training());
  event.rows_source = proto.training().rows_source();
  event.superseded = proto.superseded();
  return event;
}
events::AttemptFailed Read(Fields& read, const v1::JobEvent::AttemptFailed& proto) {
  auto event = read.About<events::AttemptFailed>(proto);
  event.reason = proto.reason();
  event.kind = read.Value<FailureKind>("kind", proto.kind(), 3);
  return event;
}
events::AttemptCancelled Read(Fields& read, const v1::JobEvent::AttemptCancelled& proto) {
  auto event = read.About<events::AttemptCancelled>(proto);
  event.reason = proto.reason();
  return event;
}
events::AttemptReleased Read(Fields& read, const v1::JobEvent::AttemptReleased& proto) {
  return read.About<events::AttemptReleased>(proto);
}
events::RoundGivenUp Read(Fields& read, const v1::JobEvent::RoundGivenUp& proto) {
  return {read.Shard(proto.shard()), proto.reason()};
}
events::RoundFinished Read(Fields& read, const v1::JobEvent::RoundFinished& proto) {
  events::RoundFinished event;
  event.training_error = read.Number("training_error", proto.training_error(), 0, 1);
  event.training_loss = read.Finite("training_loss", proto.training_loss());
  event.epochs_run = proto.epochs_run();
  event.duration = read.Time("duration", proto.duration());
  return event;
}
events::RoundValidated Read(Fields& read, const v1::JobEvent::RoundValidated& proto) {
  events::RoundValidated event;
  event.validation = read.Evaluation("validation", proto.validation());
  event.rows_source = proto.validation().rows_source();
  event.duration = read.Time("duration", proto.duration());
  return event;
}
events::SchedulingBegan Read(Fields& read, const v1::JobEvent::SchedulingBegan& proto) {
  SchedulerOptions options;
  options.policy = read.Policy("policy", proto.policy());
  options.shards = read.Int("shards", proto.shards(), 1, kMaxRecordedShards);
  options.max_retries = read.Int("max_retries", proto.max_retries(), 0, kMaxRetries);
  options.slots = read.Int("slots", proto.slots(), 0, kMaxSlots);
  options.seed = proto.seed();
  options.hedge_after.reset();
  if (proto.hedging()) options.hedge_after = read.Wait("hedge_after", proto.hedge_after());
  options.waits.cool_down = read.Wait("cool_down", proto.cool_down());
  options.waits.back_off_base = read.Wait("back_off_base", proto.back_off_base());
  options.waits.back_off_max = read.Wait("back_off_max", proto.back_off_max());
  options.waits.answer = read.Wait("answer", proto.answer());
  options.waits.first_deadline = read.Wait("first_deadline", proto.first_deadline());
  options.waits.least_deadline = read.Wait("least_deadline", proto.least_deadline());
  options.attempts_before = read.Count("attempts_before", proto.attempts_before(), 0, kMaxCount);
  return {std::move(options)};
}

template <class Proto>
absl::Status SetBody(const char* name, const Proto& proto, JobEvent& event) {
  Fields read(name);
  event.body = Read(read, proto);
  return read.status();
}

absl::Status SetBody(const v1::JobEvent& proto, JobEvent& event) {
  switch (proto.event_case()) {
    case v1::JobEvent::kStateChanged:
      return SetBody("state_changed", proto.state_changed(), event);
    case v1::JobEvent::kWaiting:
      return SetBody("waiting", proto.waiting(), event);
    case v1::JobEvent::kNodeJoined:
      return SetBody("node_joined", proto.node_joined(), event);
    case v1::JobEvent::kNodeLeft:
      return SetBody("node_left", proto.node_left(), event);
    case v1::JobEvent::kRoundStarted:
      return SetBody("round_started", proto.round_started(), event);
    case v1::JobEvent::kAttemptDispatched:
      return SetBody("attempt_dispatched", proto.attempt_dispatched(), event);
    case v1::JobEvent::kAttemptAccepted:
      return SetBody("attempt_accepted", proto.attempt_accepted(), event);
    case v1::JobEvent::kAttemptRejected:
      return SetBody("attempt_rejected", proto.attempt_rejected(), event);
    case v1::JobEvent::kAttemptStarted:
      return SetBody("attempt_started", proto.attempt_started(), event);
    case v1::JobEvent::kAttemptFinished:
      return SetBody("attempt_finished", proto.attempt_finished(), event);
    case v1::JobEvent::kAttemptFailed:
      return SetBody("attempt_failed", proto.attempt_failed(), event);
    case v1::JobEvent::kAttemptCancelled:
      return SetBody("attempt_cancelled", proto.attempt_cancelled(), event);
    case v1::JobEvent::kRoundFinished:
      return SetBody("round_finished", proto.round_finished(), event);
    case v1::JobEvent::kRoundValidated:
      return SetBody("round_validated", proto.round_validated(), event);
    case v1::JobEvent::kSchedulingBegan:
      return SetBody("scheduling_began", proto.scheduling_began(), event);
    case v1::JobEvent::kAttemptReleased:
      return SetBody("attempt_released", proto.attempt_released(), event);
    case v1::JobEvent::kRoundGivenUp:
      return SetBody("round_given_up", proto.round_given_up(), event);
    case v1::JobEvent::kResumed:
      return SetBody("resumed", proto.resumed(), event);
    case v1::JobEvent::kResultsKept:
      return SetBody("results_kept", proto.results_kept(), event);
    case v1::JobEvent::EVENT_NOT_SET:
      break;
  }
  return FieldError("event", "is not set, or of a kind that this version does not know");
}

}  // namespace

absl::StatusOr<JobEvent> FromProto(const v1::JobEvent& proto) {
  Fields read("event");
  JobEvent event;
  event.sequence = read.Count("sequence", proto.sequence(), 1, kMaxCount);
  event.round = read.Int("round", proto.round(), 0, kMaxRounds);
  if (!read.status().ok()) return read.status();
  const auto time = wire::FromProto(proto.time(), "event.time");
  if (!time.ok()) return time.status();
  if (*time > kMaxRecordedTime) return FieldError("event.time", "is later than the year 2099");
  event.time = *time;
  if (absl::Status status = SetBody(proto, event); !status.ok()) return status;
  return event;
}

}  // namespace mlp::coordinator
