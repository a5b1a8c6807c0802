#include "services/wire/time_proto.h"

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"

namespace mlp::wire {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// One less than the whole seconds that fit, so that any fraction fits as well.
constexpr std::int64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond - 1;

// Seconds and nanoseconds since zero; rounds down, so that nanos are never negative.
template <class Proto>
Proto Split(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  Proto proto;
  proto.set_seconds(seconds.count());
  proto.set_nanos(static_cast<std::int32_t>((time - seconds).count()));
  return proto;
}

template <class Proto>
absl::StatusOr<std::chrono::nanoseconds> Join(const Proto& proto, std::string_view field) {
  if (proto.seconds() < 0 || proto.seconds() > kMaxSeconds) {
    return FieldError(field,
                      absl::StrCat("seconds must be 0 to ", kMaxSeconds, ", is ", proto.seconds()));
  }
  if (proto.nanos() < 0 || proto.nanos() >= kNanosPerSecond) {
    return FieldError(field, absl::StrCat("nanos must be 0 to 999,999,999, is ", proto.nanos()));
  }
  return std::chrono::seconds(proto.seconds()) + std::chrono::nanoseconds(proto.nanos());
}

}  // namespace

google::protobuf::Duration ToProto(std::chrono::nanoseconds duration) {
  return Split<google::protobuf::Duration>(duration);
}

google::protobuf::Timestamp ToProto(std::chrono::sys_time<std::chrono::nanoseconds> time) {
  return Split<google::protobuf::Timestamp>(time.time_since_epoch());
}

absl::StatusOr<std::chrono::nanoseconds> FromProto(const google::protobuf::Duration& duration,
                                                   std::string_view field) {
  return Join(duration, field);
}

absl::StatusOr<std::chrono::sys_time<std::chrono::nanoseconds>> FromProto(
    const google::protobuf::Timestamp& time, std::string_view field) {
  const auto since_1970 = Join(time, field);
  if (!since_1970.ok()) return since_1970.status();
  return std::chrono::sys_time<std::chrono::nanoseconds>(*since_1970);
}

}  // namespace mlp::wire
